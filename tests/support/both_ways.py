"""Decide every batch twice: item by item, and in columns. Both must be equal, byte for byte."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, NoReturn

from kpr_stream.keys.envelope import NONCE_BYTES
from kpr_stream.keys.seal import Sealer
from kpr_stream.model.delivery import Arrived, DeliveryRefused, Prepared, SourceRecord
from kpr_stream.model.output import OutputRecord
from kpr_stream.processor.columns.plan import plan_batch
from kpr_stream.processor.decide.delivery import source_id
from kpr_stream.processor.effects import BatchEffects, InColumns
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.pipeline import Decided, decide_batch
from kpr_stream.processor.state.overlay import LedgerReader


@dataclass(frozen=True, slots=True, repr=False)
class RepeatableSealer(Sealer):
    """Seals the same content under the same record key to the same bytes. For tests only."""

    def seal(self, clear: bytes, *, record_key: bytes) -> dict[str, Any]:
        """See Sealer."""
        nonce = sha256(record_key + b"|" + clear).digest()[:NONCE_BYTES]
        fixed = Sealer(self.key_id, self.keys, random=lambda _: nonce)
        return fixed.seal(clear, record_key=record_key)


def repeatable(emitter: Emitter) -> Emitter:
    """An emitter whose sealed values can be compared."""
    return replace(
        emitter,
        identity=_repeatable(emitter.identity),
        quarantine=_repeatable(emitter.quarantine),
        superseded=_repeatable(emitter.superseded),
    )


def _repeatable(sealer: Sealer) -> Sealer:
    return RepeatableSealer(sealer.key_id, sealer.keys)


async def decide_both_ways(
    records: Sequence[SourceRecord],
    *,
    ledger: LedgerReader,
    emitter: Emitter,
    effects: BatchEffects,
) -> Decided:
    """A batch as columns decide it; an assertion fails if it is another item by item."""
    results: dict[tuple[int, int], Prepared | DeliveryRefused] = {}

    async def prepare_once(chosen: Sequence[Arrived]) -> list[Prepared | DeliveryRefused]:
        new = [one for one in chosen if source_id(one.source) not in results]
        made = await effects.prepare(new) if new else ()
        results.update((source_id(one.source), r) for one, r in zip(new, made, strict=True))
        return [results[source_id(one.source)] for one in chosen]

    async def decide(columns: InColumns | None) -> Decided:
        way = replace(effects, prepare=prepare_once, columns=columns)
        return await decide_batch(records, ledger=ledger, emitter=emitter, effects=way)

    one_by_one = await decide(None)
    found = await decide(InColumns(plan_batch, 0, _fail))
    assert_equal(found, one_by_one)
    return found


def assert_equal(found: Decided, expected: Decided) -> None:
    """Outputs with their headers in order, ledger entries, and what is said of each delivery."""
    assert list(map(_shown, found.outputs)) == list(map(_shown, expected.outputs))
    assert found.entries == expected.entries
    assert list(found.deliveries) == list(expected.deliveries)
    assert found.taken == expected.taken


def _shown(output: OutputRecord) -> tuple[Any, ...]:
    return (*output[:3], output.header.pack(), *output[4:])


def _fail(cause: BaseException) -> NoReturn:
    raise AssertionError("columns raise") from cause
