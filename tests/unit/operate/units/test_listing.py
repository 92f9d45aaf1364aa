"""The lists of units that need somebody, or that somebody has silenced."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from kpr_stream.operate.units.listing import Concern, concerns_of, list_states

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
GOOD: dict[str, Any] = {
    "org_nr": "974760673",
    "system": "visma-hspro",
    "municipality_code": "0301",
    "next_sequence": 3,
    "last_delivery_at": NOW - timedelta(hours=6),
    "blocked_since": None,
    "blocked_reason": None,
    "gaps": [],
    "paused_from": None,
    "paused_until": None,
    "agreed_from": None,
    "agreed_to": None,
}
GAP = {"first": 1, "last": 2, "since": NOW}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, set()),
        ({"blocked_since": NOW, "blocked_reason": "NO_AGREEMENT"}, {Concern.BLOCKED}),
        ({"gaps": [GAP]}, {Concern.GAPS}),
        ({"last_delivery_at": NOW - timedelta(days=3)}, {Concern.SILENT}),
        ({"last_delivery_at": NOW - timedelta(days=3), "agreed_to": date(2026, 3, 1)}, set()),
        (
            {"last_delivery_at": NOW - timedelta(days=3), "paused_from": date(2026, 3, 1)},
            {Concern.PAUSED},
        ),
        ({"paused_from": date(2026, 3, 1), "paused_until": date(2026, 3, 3)}, set()),
        ({"paused_from": date(2026, 3, 5)}, set()),
        ({"last_delivery_at": NEVER, "agreed_from": date(2026, 2, 1)}, {Concern.SILENT}),
        ({"last_delivery_at": NEVER, "agreed_from": date(2026, 3, 4)}, set()),
        ({"last_delivery_at": NEVER}, set()),
    ],
)
def test_what_a_state_is_listed_under(changes: dict[str, Any], expected: set[Concern]) -> None:
    assert concerns_of(GOOD | changes, now=NOW) == expected


def test_only_processed_deliveries_break_a_silence_where_the_state_has_their_time() -> None:
    """A refused delivery is no report: a unit that sends nothing else has been silent."""
    heard = {"last_delivery_at": NOW, "last_processed_at": NOW - timedelta(days=9)}
    assert concerns_of(GOOD | heard, now=NOW) == {Concern.SILENT}


def test_a_day_of_a_pause_is_a_norwegian_one() -> None:
    late = datetime(2026, 3, 4, 23, 30, tzinfo=UTC)  # 5 March in Norway
    starts = GOOD | {"paused_from": date(2026, 3, 5), "last_delivery_at": late}
    assert Concern.PAUSED in concerns_of(starts, now=late)


def test_a_list_has_the_units_of_any_wanted_concern_and_every_unit_without_one() -> None:
    blocked = GOOD | {"org_nr": "983658776", "blocked_since": NOW}
    silent = GOOD | {"system": "eg-infodoc", "last_delivery_at": NOW - timedelta(days=9)}
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
