"""The lists of units that need somebody, or that somebody has silenced."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from kpr_stream.model.unit import NO_COUNTS, RecentDelivery, UnitState
from kpr_stream.model.words import MessageType, System
from kpr_stream.operate.units.listing import Concern, concerns_of, list_states
from kpr_stream.schemas.catalogue import schema
from kpr_stream.schemas.wire import decode, encode_with

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def read(state: UnitState, *, version: int | None = None) -> dict[str, Any]:
    """Return a state as it is read from its topic, written in a version of its schema."""
    written = schema("unit_state", version)
    record = state.to_record()
    stored = encode_with(written, {name: record[name] for name in written.field_names})
    return decode("unit_state", stored)


def heard(at: datetime) -> dict[str, Any]:
    return {"last_delivery_at": at, "last_processed_at": at}


GOOD = read(
    UnitState(
        org_nr="974760673", system=System.VISMA_HSPRO, municipality_code="0301", next_sequence=3
    )
) | heard(NOW - timedelta(hours=6))
UNHEARD = {"last_delivery_at": datetime(1970, 1, 1, tzinfo=UTC), "last_processed_at": None}
GAP = {"first": 1, "last": 2, "since": NOW}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, set()),
        ({"blocked_since": NOW, "blocked_reason": "NO_AGREEMENT"}, {Concern.BLOCKED}),
        ({"gaps": [GAP]}, {Concern.GAPS}),
        (heard(NOW - timedelta(days=3)), {Concern.SILENT}),
        (heard(NOW - timedelta(days=3)) | {"agreed_to": date(2026, 3, 1)}, set()),
        (heard(NOW - timedelta(days=3)) | {"paused_from": date(2026, 3, 1)}, {Concern.PAUSED}),
        ({"paused_from": date(2026, 3, 1), "paused_until": date(2026, 3, 3)}, set()),
        ({"paused_from": date(2026, 3, 5)}, set()),
        (UNHEARD | {"agreed_from": date(2026, 2, 1)}, {Concern.SILENT}),
        (UNHEARD | {"agreed_from": date(2026, 3, 4)}, set()),
        (UNHEARD, set()),
    ],
)
def test_what_a_state_is_listed_under(changes: dict[str, Any], expected: set[Concern]) -> None:
    assert concerns_of(GOOD | changes, now=NOW) == expected


@pytest.mark.parametrize("processed", [NOW - timedelta(days=9), None])
def test_a_refused_delivery_breaks_no_silence(processed: datetime | None) -> None:
    """It is no report: a unit that sends nothing else has been silent."""
    refused = {"last_delivery_at": NOW, "last_processed_at": processed}
    agreed = {"agreed_from": date(2026, 2, 1)}
    assert concerns_of(GOOD | refused | agreed, now=NOW) == {Concern.SILENT}


@pytest.mark.parametrize("version", [1, 2])
def test_a_state_of_an_earlier_release_knows_its_last_delivery_only(version: int) -> None:
    delivery = RecentDelivery(2, b"", MessageType.CONSULTATION, NO_COUNTS)
    state = UnitState(
        org_nr="974760673",
        system=System.VISMA_HSPRO,
        recent=(delivery,),
        last_delivery_at=round((NOW - timedelta(days=9)).timestamp() * 1000),
    )
    assert concerns_of(read(state, version=version), now=NOW) == {Concern.SILENT}


def test_a_day_of_a_pause_is_a_norwegian_one() -> None:
    late = datetime(2026, 3, 4, 23, 30, tzinfo=UTC)  # 5 March in Norway
    starts = GOOD | heard(late) | {"paused_from": date(2026, 3, 5)}
    assert Concern.PAUSED in concerns_of(starts, now=late)


def test_a_list_has_the_units_of_any_wanted_concern_and_every_unit_without_one() -> None:
    blocked = GOOD | {"org_nr": "983658776", "blocked_since": NOW}
    silent = GOOD | heard(NOW - timedelta(days=9)) | {"system": "eg-infodoc"}
    states = [blocked, GOOD, silent]

    def listed(*wanted: Concern) -> list[tuple[str, str]]:
        found = list_states(states, set(wanted), now=NOW)
        return [(one["org_nr"], one["system"]) for one in found]

    silent_one, blocked_one = ("974760673", "eg-infodoc"), ("983658776", "visma-hspro")
    assert listed(Concern.BLOCKED) == [blocked_one]
    assert listed(Concern.SILENT, Concern.BLOCKED) == [silent_one, blocked_one]
    assert listed(Concern.GAPS) == []
    assert listed() == [silent_one, ("974760673", "visma-hspro"), blocked_one]


def test_a_row_says_since_when_and_what_comes_next() -> None:
    (row,) = list_states([GOOD | {"gaps": [GAP]}], set(), now=NOW)
    assert row["concerns"] == ["gaps"]
    assert row["missing_sequences"] == 2
    assert row["next_delivery_due"] == datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
    assert "recent" not in row
