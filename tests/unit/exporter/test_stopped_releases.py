"""Stopped releases, over all lanes."""

from __future__ import annotations

from kpr_stream.exporter.stopped_releases import StoppedReleases
from kpr_stream.model.release import ReleaseState, release_key
from kpr_stream.model.words import System
from kpr_stream.schemas import wire

SYSTEM = System.EG_INFODOC


def taken(found: StoppedReleases, lane: int, version: str, stopped_at: int | None) -> None:
    state = ReleaseState(system=SYSTEM, software_version=version)
    if stopped_at is not None:
        state = state.stop("SHARE", at=stopped_at)
    value = wire.encode("release", state.to_record())
    found.add(lane, release_key(SYSTEM, version), value)


def test_a_release_is_stopped_since_its_first_lane_and_until_its_last() -> None:
    found = StoppedReleases()
    taken(found, 0, "1.0", None)
    taken(found, 1, "1.1", 7_000)
    taken(found, 2, "1.1", 5_000)
    assert found.stopped() == {(SYSTEM, "1.1"): 5.0}
    taken(found, 2, "1.1", None)
    assert found.stopped() == {(SYSTEM, "1.1"): 7.0}
    found.add(1, release_key(SYSTEM, "1.1"), None)
    assert found.stopped() == {}


def test_a_version_that_looks_like_an_id_is_no_label() -> None:
    found = StoppedReleases()
    taken(found, 0, "1.0 01815012345", 1_000)
    assert found.stopped() == {(SYSTEM, "unknown"): 1.0}
