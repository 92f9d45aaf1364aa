"""A batch in columns asks its ledger a few times, however many items it has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bench.visits import rights, visits
from kpr_stream.processor.columns.plan import plan_batch
from kpr_stream.processor.effects import InColumns
from kpr_stream.processor.state.memory import MemoryLedger
from tests.support.deliveries import source_record
from tests.support.receiver import Receiver


class Counted(MemoryLedger):
    """Counts the questions that would each be a call into RocksDB."""

    calls = 0

    def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        self.calls += bool(keys)
        return super().get_many(keys)

    def entries_from_many(self, prefixes: Sequence[bytes]) -> list[list[tuple[bytes, bytes]]]:
        self.calls += 1
        return super().entries_from_many(prefixes)


def calls_of(items: int) -> int:
    ledger = Counted()
    receiver = Receiver(rights(items), ledger)
    columns = InColumns(plan_batch, 0, lambda cause: pytest.fail(repr(cause)))
    decided = receiver.take(
        source_record(visits(items)), effects=replace(receiver.effects(), columns=columns)
    )
    assert decided.deliveries[0].outcomes[0] == items
    return ledger.calls


def test_the_number_of_reads_does_not_grow_with_the_items() -> None:
    assert calls_of(40) == calls_of(160)
