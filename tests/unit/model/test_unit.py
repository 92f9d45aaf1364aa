"""The unit's exact totals and coverage, in version 3 of its record; older versions still open."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from kpr_stream.model.coverage import month_names
from kpr_stream.model.unit import NO_COUNTS, Counts, RecentDelivery, UnitState
from kpr_stream.model.words import MessageType, System
from kpr_stream.schemas import wire
from kpr_stream.schemas.catalogue import schema

AT = round(datetime(2024, 3, 5, 2, tzinfo=UTC).timestamp() * 1000)
NEW = UnitState(org_nr="974760673", system=System.EG_INFODOC)
TWO: Counts = (1, 0, 0, 0, 0, 0, 1)


def processed(state: UnitState, counts: Counts, *, at: int, months: int = 0) -> UnitState:
    delivery = RecentDelivery(state.next_sequence, b"d" * 16, MessageType.CONSULTATION, counts)
    return state.processed(
        delivery, municipality_code="0301", software_version="1.0", at=at, months=months
    )


def stored(state: UnitState) -> UnitState:
    return UnitState.from_record(
        wire.decode("unit_state", wire.encode("unit_state", state.to_record()))
    )


def test_totals_grow_with_processed_deliveries_and_survive_the_record() -> None:
    state = processed(processed(NEW, TWO, at=AT, months=0b1), NO_COUNTS, at=AT + 1, months=0b100)
    again = stored(processed(state, TWO, at=AT + 2))
    assert again.totals.items == (2, 0, 0, 0, 0, 0, 2)
    assert (again.totals.processed, again.totals.empty, again.totals.refused) == (3, 1, 0)
    assert again.totals.counted_from == 1
    assert month_names(again.covered_months) == ["2017-01", "2017-03"]


def test_a_refused_delivery_is_neither_a_delivery_nor_one_with_content() -> None:
    state = processed(NEW, TWO, at=AT)
    refused = stored(state.refused("DIGEST_MISMATCH", at=AT + 60_000))
    assert refused.last_processed_at == refused.last_content_at == AT
    assert refused.last_delivery_at == AT + 60_000
    assert (refused.totals.processed, refused.totals.refused) == (1, 1)


def test_an_empty_delivery_is_a_delivery_without_content() -> None:
    state = stored(processed(processed(NEW, TWO, at=AT), NO_COUNTS, at=AT + 60_000))
    assert (state.last_processed_at, state.last_content_at) == (AT + 60_000, AT)


@pytest.mark.parametrize("version", [1, 2])
def test_a_state_of_an_older_release_opens_and_says_from_where_it_counts(version: int) -> None:
    older = schema("unit_state", version)
    state = replace(processed(NEW, TWO, at=AT), agreed_from=None)
    record: dict[str, Any] = {
        name: value for name, value in state.to_record().items() if name in older.field_names
    }
    again = UnitState.from_record(wire.decode("unit_state", wire.encode_with(older, record)))
    assert again.next_sequence == 2
    assert (again.totals.processed, again.totals.counted_from) == (0, 2)
    assert again.covered_months == 0
    assert (again.last_processed_at, again.last_content_at) == (AT, None)
    assert stored(processed(again, TWO, at=AT + 1)).totals.counted_from == 2


def test_dates_of_an_agreement_survive_the_record() -> None:
    agreed = replace(NEW, agreed_from=date(2026, 1, 1), agreed_to=date(2026, 12, 31))
    assert stored(agreed) == agreed
