"""A release is stopped only if somebody has it."""

from __future__ import annotations

from typing import Any

import pytest

from kpr_stream.errors import UsageError
from kpr_stream.operate.release import by_release, last_days, require_release, with_admissions


def state(system: str, version: str, **more: Any) -> dict[str, Any]:
    fields = {"items": 1, "rejected": 0, "stopped_since": None, "stopped_by": None}
    return {"system": system, "software_version": version} | fields | more


FOUND = by_release(
    [
        state("eg-infodoc", "7.1.0"),
        state("eg-infodoc", "7.1.1", stopped_since=1, stopped_by="limits"),
        state("eg-infodoc", "Infodoc 6"),
        state("visma-hspro", "2026.3"),
    ]
)


@pytest.mark.parametrize("version", ["7.1.0", "7.1.1", "Infodoc 6"])
def test_a_release_that_has_delivered_may_be_stopped_or_resumed(version: str) -> None:
    require_release(FOUND, "eg-infodoc", version)


@pytest.mark.parametrize(
    ("version", "nearest"),
    [
        ("7.1", "The nearest versions: 7.1.1, 7.1.0."),
        ("7.1.0 ", "The nearest versions: 7.1.0, 7.1.1."),
        ("infodoc6", "The nearest versions: Infodoc 6."),
        ("", "release list"),
        ("2026.3", "release list"),
    ],
)
def test_a_version_that_nobody_has_is_refused_with_the_nearest_names(
    version: str, nearest: str
) -> None:
    with pytest.raises(UsageError, match="No unit has delivered from eg-infodoc") as refused:
        require_release(FOUND, "eg-infodoc", version)
    assert nearest in refused.value.what_to_do
    assert refused.value.exit_code == 2


def test_nothing_is_near_where_nothing_has_delivered() -> None:
    with pytest.raises(UsageError, match=r"with software version '7\.1'"):
        require_release([], "eg-infodoc", "7.1")


def answer(version: str, until: str, **more: Any) -> dict[str, Any]:
    arguments = {"software_version": version, "valid_until": until}
    fields = {"kind": "admit-release", "status": "done", "system": "eg-infodoc"}
    return fields | {"arguments": arguments} | more


def test_a_release_is_listed_with_the_last_day_that_any_lane_admitted() -> None:
    days = last_days(
        [
            answer("7.1.0", "2027-01-01"),
            answer("7.1.0", "2026-12-31"),
            answer("7.1.0", "2030-01-01", status="refused"),
            answer("7.1.1", "2030-01-01", kind="stop-release"),
            answer("8", "2027-02-01"),
        ]
    )
    listed = with_admissions(FOUND, days)
    assert [(one["software_version"], one["admitted_until"]) for one in listed] == [
        ("7.1.0", "2027-01-01"),
        ("7.1.1", None),
        ("8", "2027-02-01"),
        ("Infodoc 6", None),
        ("2026.3", None),
    ]
    assert listed[2]["items"] == 0
