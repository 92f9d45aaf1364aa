"""Switch off what a worker does for its guarantees, one at a time, in a worker that is measured.

No setting of the product does this: an operator cannot. The worker then loses what the guarantee
is for, and only its speed means anything. Of two protections that ``tests/faults/mutations`` takes
away for the faults' checker, the switches here take more: they save the whole cost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import polars as pl
from aiokafka import AIOKafkaProducer

from kpr_stream.model.words import MessageType
from kpr_stream.processor.adapters import producer as producers
from kpr_stream.processor.adapters.ledger import Ledger
from kpr_stream.processor.adapters.producer import LaneProducer
from kpr_stream.processor.adapters.tuning import PRODUCER, values
from kpr_stream.processor.columns import plan, shared
from kpr_stream.processor.columns.identities import identity_records, own_id_records
from kpr_stream.processor.decide import delivery
from kpr_stream.processor.emit.receipt import receipt_records
from kpr_stream.processor.frame import enrich
from kpr_stream.processor.frame import prepare as frame
from kpr_stream.processor.frame.derive import with_derived
from kpr_stream.processor.frame.enrich import with_step
from kpr_stream.processor.frame.validate import Judged, validate
from kpr_stream.processor.state.entries import Entries
from tests.faults.mutations.switches import replace

ITEM_MARKS: Final = frozenset(b"canplhs")
"""Marks of ledger entries that say something of items and persons. Those of units, releases and
topics remain: a worker cannot place a delivery in its sequence without them."""


def replace_in(module: Any, function: Callable[..., Any], new: Callable[..., Any]) -> None:  # noqa: ANN401 - a module has any attribute
    """Replace a function where a module has imported it.

    The function is passed itself, so that mypy finds every rename.
    """
    if getattr(module, function.__name__) is not function:
        raise AttributeError(f"{module.__name__} has another {function.__name__}")
    setattr(module, function.__name__, new)


def _exactly_once() -> None:
    """Send records outside any transaction; commit no offsets."""

    async def start(lane: LaneProducer) -> None:
        # As it is found there: compression may be switched off too.
        tuned = getattr(producers, values.__name__)(PRODUCER)
        plain = {k: v for k, v in tuned.items() if "transaction" not in k}
        made = AIOKafkaProducer(**lane._access.for_aiokafka(), **plain)  # noqa: SLF001 - in the place of a method
        lane._producer = made  # noqa: SLF001
        await made.start()

    replace(LaneProducer.fence, start)
    for step in (
        *(LaneProducer.begin, LaneProducer.add_offsets, LaneProducer.commit),
        *(LaneProducer.commit_offsets, LaneProducer.abort),
    ):
        replace(step, _nothing)


def _ledger() -> None:
    """Neither look up nor remember anything of items and persons: nothing is a duplicate."""
    get_many, write, search = Ledger.get_many, Ledger.write, Ledger.entries_from_many

    def forgetful(ledger: Ledger, keys: Sequence[bytes]) -> list[bytes | None]:
        others = [key for key in keys if key[0] not in ITEM_MARKS]
        found = dict(zip(others, get_many(ledger, others), strict=True))
        return [found.get(key) for key in keys]

    def write_others(ledger: Ledger, puts: Entries) -> None:
        write(ledger, {k: v for k, v in puts.items() if k[0] not in ITEM_MARKS})

    def search_others(ledger: Ledger, prefixes: Sequence[bytes]) -> list[list[tuple[bytes, bytes]]]:
        others = [prefix for prefix in prefixes if not prefix or prefix[0] not in ITEM_MARKS]
        found = dict(zip(others, search(ledger, others), strict=True))
        return [found.get(prefix, []) for prefix in prefixes]

    replace(Ledger.get_many, forgetful)
    replace(Ledger.write, write_others)
    replace(Ledger.entries_from_many, search_others)


def _rules() -> None:
    """Judge no item: every value is taken as it was sent."""

    def judge_nothing(items: pl.DataFrame, _: Any, *, id_field: str) -> Judged:  # noqa: ANN401, ARG001 - in the place of another function
        none: list[tuple[str, ...]] = [()] * items.height
        return Judged(items, none, none, none, frozenset())

    replace_in(frame, validate, judge_nothing)


def _enrichment() -> None:
    """Leave empty what is made from reference data: z-scores, flags, programme steps."""
    types: dict[MessageType, Mapping[str, pl.DataType]] = {}

    def leave_empty(items: pl.DataFrame, kind: MessageType, *more: Any) -> pl.DataFrame:  # noqa: ANN401 - as above
        if kind not in types:
            derived = with_derived(items.head(1), kind, *more).schema
            types[kind] = {n: t for n, t in derived.items() if n not in items.columns}
        return items.with_columns(pl.lit(None, t).alias(n) for n, t in types[kind].items())

    def without_step(items: pl.DataFrame, _: Any) -> pl.DataFrame:  # noqa: ANN401 - as above
        empty = pl.lit(None, pl.String)
        return items.with_columns(_step=empty, _step_found_by=empty)

    replace_in(frame, with_derived, leave_empty)
    replace_in(enrich, with_step, without_step)


def _receipts() -> None:
    """Answer no delivery."""
    replace_in(delivery, receipt_records, lambda *_: [])


def _identities() -> None:
    """Write no identity of a person, and no unit's own id of one, for items decided in columns."""
    replace_in(plan, identity_records, lambda *_: {})
    replace_in(plan, own_id_records, lambda *_: {})
    replace_in(shared, shared._new_local_ids, lambda *_: ({}, set()))  # noqa: SLF001 - what looks them up


def _compression() -> None:
    """Send batches as they are."""
    plain = {k: v for k, v in values(PRODUCER).items() if k != "compression_type"}
    replace_in(producers, values, lambda _: plain)


async def _nothing(*_: Any) -> None:  # noqa: ANN401 - in the place of any method
    return


SWITCHES: Final[Mapping[str, Callable[[], None]]] = {
    "exactly_once": _exactly_once,
    "ledger": _ledger,
    "rules": _rules,
    "enrichment": _enrichment,
    "receipts": _receipts,
    "identities": _identities,
    "compression": _compression,
}


def switch_off(name: str) -> None:
    """Switch off what a name of ``SWITCHES`` says. KeyError for any other."""
    SWITCHES[name]()
