"""Admitted releases, over all lanes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from kpr_stream.exporter.admitted_releases import KEPT_S, AdmittedReleases
from kpr_stream.model.words import System
from kpr_stream.schemas import wire

SYSTEM = System.EG_INFODOC
END = datetime(2027, 3, 1, tzinfo=UTC).timestamp()


def answer(version: str, until: str, **other: Any) -> bytes:
    record = {
        "command_id": "6f8f0c8e-0000-4000-8000-000000000001",
        "kind": "admit-release",
        "issued_by": "operator",
        "reason": "tried",
        "system": SYSTEM,
        "arguments": {"software_version": version, "valid_until": until},
        "status": "done",
        "lane": 0,
        "source_offset": 0,
        "carried_out_at": datetime(2026, 3, 1, tzinfo=UTC),
        "rule_set_version": "1",
    }
    return wire.encode("command_result", record | other)


def test_an_admission_ends_with_its_last_day_in_the_lane_that_has_the_latest() -> None:
    found = AdmittedReleases()
    for until in ("2027-02-27", "2027-02-28", "2027-02-27"):
        found.add(answer("1.0", until))
    assert found.admitted(0) == {(SYSTEM, "1.0"): END}


def test_what_admits_nothing_has_no_series() -> None:
    found = AdmittedReleases()
    found.add(None)
    found.add(answer("1.0", "2027-02-28", kind="stop-release"))
    found.add(answer("1.0", "2027-02-28", status="refused"))
    assert found.admitted(0) == {}


def test_an_admission_that_is_long_over_has_no_series() -> None:
    found = AdmittedReleases()
    found.add(answer("1.0", "2027-02-28"))
    assert found.admitted(END + KEPT_S - 1)
    assert found.admitted(END + KEPT_S) == {}


def test_a_version_that_looks_like_an_id_is_no_label() -> None:
    found = AdmittedReleases()
    found.add(answer("1.0 01815012345", "2027-02-28"))
    assert list(found.admitted(0)) == [(SYSTEM, "unknown")]
