"""Columns only save time: where they raise or do not serve, the batch goes item by item."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kpr_stream.errors import DiskError
from kpr_stream.model.delivery import Prepared
from kpr_stream.model.release import ReleaseLimits
from kpr_stream.processor.columns import plan
from kpr_stream.processor.decide.plain import Plan
from kpr_stream.processor.effects import InColumns
from kpr_stream.processor.intake.admission import AdmissionPolicy
from kpr_stream.processor.pipeline import Decided
from tests.support.both_ways import assert_equal, repeatable
from tests.support.deliveries import consultation, source_record
from tests.support.receiver import Receiver, prepare_all

RECORDS = [
    source_record([consultation(n) for n in range(3)], sequence=1, offset=0),
    source_record([consultation(n) for n in range(2, 5)], sequence=2, offset=1),
]


class Watched:
    """A receiver, and what its columns were asked and have said."""

    def __init__(self, policy: AdmissionPolicy | None = None) -> None:
        self.receiver = Receiver()
        self.receiver.emitter = replace(
            repeatable(self.receiver.emitter), policy=policy or AdmissionPolicy()
        )
        self.failures: list[BaseException] = []
        self.planned: list[int] = []
        """How many items of each batch were planned."""

    def plan(self, *said: Any) -> Plan:
        """The plan of a batch."""
        made = plan.plan_batch(*said)
        outcomes = [outcome for one in made.values() for outcome in one.outcomes]
        self.planned.append(sum(outcome is not None for outcome in outcomes))
        return made

    def take(self, *records: Any, from_items: int | None = 0) -> Decided:
        """One batch; ``from_items`` None: no columns."""
        columns = None
        if from_items is not None:
            columns = InColumns(self.plan, from_items, self.failures.append)
        effects = replace(self.receiver.effects(), columns=columns)
        return self.receiver.take(*records, effects=effects)


def test_plain_items_are_decided_in_columns() -> None:
    columns, items = Watched(), Watched()
    assert_equal(columns.take(*RECORDS), items.take(*RECORDS, from_items=None))
    assert columns.planned == [4], "one id comes twice, and both of its items go item by item"
    assert columns.failures == []


@pytest.mark.parametrize(("from_items", "planned"), [(7, []), (6, [4])])
def test_a_small_batch_has_no_plan(from_items: int, planned: list[int]) -> None:
    watched = Watched()
    watched.take(*RECORDS, from_items=from_items)
    assert watched.planned == planned


@pytest.mark.parametrize("where", ["judge", "cleaned_records", "gather"])
def test_columns_that_raise_cost_time_only(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = RuntimeError("columns")

    def fail(*_: Any) -> None:
        raise fault

    columns, items = Watched(), Watched()
    expected = items.take(*RECORDS, from_items=None)
    monkeypatch.setattr(plan, where, fail)
    assert_equal(columns.take(*RECORDS), expected)
    assert columns.failures == [fault]


def test_what_cannot_be_joined_costs_time_only(monkeypatch: pytest.MonkeyPatch) -> None:
    columns, items = Watched(), Watched()
    expected = items.take(*RECORDS, from_items=None)

    def wrong(*said: Any) -> Any:
        return {source: replace(one, places=[]) for source, one in plan.plan_batch(*said).items()}

    monkeypatch.setattr(columns, "plan", wrong)
    assert_equal(columns.take(*RECORDS), expected)
    assert [type(cause) for cause in columns.failures] == [IndexError]


def test_an_error_of_the_process_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise DiskError("The disk is full.", what_to_do="Free it.")

    monkeypatch.setattr(plan, "look_up", full)
    watched = Watched()
    with pytest.raises(DiskError):
        watched.take(*RECORDS)
    assert watched.failures == []


def test_a_plan_that_does_not_hold_is_thrown_away() -> None:
    policy = AdmissionPolicy(release_limits=ReleaseLimits(consecutive=2))
    rejected = [consultation(n, start=None) for n in range(2)]
    records = [
        source_record([consultation(7), *rejected], sequence=1, offset=0),
        source_record([consultation(8)], sequence=2, offset=1),
    ]
    columns, items = Watched(policy), Watched(policy)
    found = columns.take(*records)
    assert_equal(found, items.take(*records, from_items=None))
    assert [one.cause is None for one in found.deliveries] == [True, False]
    assert (columns.planned, columns.failures) == ([2], [])


def test_items_of_another_process_are_never_in_columns() -> None:
    watched = Watched()

    async def copied(chosen: Any) -> Any:
        ready = [one for one in await prepare_all(chosen) if isinstance(one, Prepared)]
        return [replace(one, items=tuple(one.items)) for one in ready]

    columns = InColumns(watched.plan, 0, watched.failures.append)
    effects = replace(watched.receiver.effects(), prepare=copied, columns=columns)
    watched.receiver.take(*RECORDS, effects=effects)
    assert watched.planned == []
