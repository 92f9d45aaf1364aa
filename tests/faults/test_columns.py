"""A fault run decides its batches the way it was asked to, and reports if it did not."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from kpr_stream.processor import pipeline
from kpr_stream.processor.columns import plan
from kpr_stream.processor.effects import InColumns
from tests.faults.harness.columns import (
    FAILED,
    IN_COLUMNS,
    ONE_BY_ONE,
    PLAIN,
    ColumnNotes,
    Columns,
    as_wanted,
    deciding,
    planning,
)
from tests.support.both_ways import assert_equal, repeatable
from tests.support.deliveries import consultation, source_record
from tests.support.receiver import Receiver

BATCHES = [
    source_record([consultation(n), consultation(n + 1)], sequence=n + 1, offset=n)
    for n in range(4)
]


class Hooked:
    """A receiver whose batches go the ways of a fault run."""

    def __init__(self, columns: Columns, monkeypatch: pytest.MonkeyPatch, *, few: int) -> None:
        self.receiver = Receiver()
        self.receiver.emitter = repeatable(self.receiver.emitter)
        self.counted: Counter[str] = Counter()
        monkeypatch.setattr(pipeline, "plan_isolated", planning(columns, self._note))
        monkeypatch.setattr(pipeline, "decide_planned", deciding(self._note))
        self._effects = replace(
            self.receiver.effects(), columns=InColumns(plan.plan_batch, few, lambda _: None)
        )

    def take_all(self) -> list[pipeline.Decided]:
        """Take every batch."""
        return [self.receiver.take(one, effects=self._effects) for one in BATCHES]

    def _note(self, what: str, count: int) -> None:
        self.counted[what] += count


def test_batches_alternate_and_leave_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = Hooked(Columns.OFF, monkeypatch, few=30).take_all()
    alternating = Hooked(Columns.ALTERNATE, monkeypatch, few=30)
    for found, wanted in zip(alternating.take_all(), expected, strict=True):
        assert_equal(found, wanted)
    assert alternating.counted[IN_COLUMNS] == alternating.counted[ONE_BY_ONE] == 2
    assert alternating.counted[PLAIN] > 0
    assert as_wanted(Columns.ALTERNATE, alternating.counted)


@pytest.mark.parametrize(("few", "in_columns"), [(3, 0), (2, 4)])
def test_a_small_batch_goes_item_by_item(
    few: int, in_columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooked = Hooked(Columns.ON, monkeypatch, few=few)
    hooked.take_all()
    assert hooked.counted[IN_COLUMNS] == in_columns
    assert as_wanted(Columns.ON, hooked.counted) == (in_columns > 0)


@pytest.mark.parametrize("where", ["judge", "gather"])
def test_columns_that_raise_fail_the_run(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(plan, where, fail)
    hooked = Hooked(Columns.ON, monkeypatch, few=0)
    hooked.take_all()
    assert hooked.counted == {FAILED: 4}
    assert not as_wanted(Columns.ON, hooked.counted + Counter({IN_COLUMNS: 1, PLAIN: 1}))


def test_notes_of_all_workers_are_added_up(tmp_path: Path) -> None:
    notes = ColumnNotes(tmp_path)
    assert notes.counted() == {}
    notes.add(PLAIN, 3)
    ColumnNotes(tmp_path).add(PLAIN, 4)
    with (tmp_path / "columns.jsonl").open("a") as file:
        file.write('["plain it')
    assert notes.counted() == {PLAIN: 7}
    ColumnNotes(tmp_path / "absent").add(PLAIN, 1)
