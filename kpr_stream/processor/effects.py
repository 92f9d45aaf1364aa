"""What the pipeline needs from outside, handed in by its caller.

A worker gives threads, Kafka readers and a sandbox; a test gives functions that answer at once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from kpr_stream.model.delivery import Arrived, DeliveryRefused, Prepared, SourceRecord
from kpr_stream.model.stages import Measure, unmeasured
from kpr_stream.processor.commands.log_slice import LogSlice, SliceRead
from kpr_stream.processor.decide.plain import Plan
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.poison.isolate import HealthCheck, assume_healthy
from kpr_stream.processor.state.contents import InThread, ReadBack
from kpr_stream.processor.state.overlay import Overlay
from kpr_stream.rights.table import Rights


@dataclass(frozen=True, slots=True)
class InColumns:
    """How and when plain items are decided in columns."""

    plan: Callable[[Sequence[Prepared], Overlay, Emitter], Plan]
    """``columns/plan.py``. A worker gives it: the dry run of a vendor needs no columns."""
    from_items: int
    """Batches with fewer items go item by item: there a column costs more than its values."""
    failed: Callable[[BaseException], None]
    """Called when columns raise. The batch goes item by item then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchEffects:
    """What the decision of a batch needs from outside."""

    arrive: Callable[[Sequence[SourceRecord]], Awaitable[Sequence[Arrived | DeliveryRefused]]]
    """Reads the envelopes of the first records: of one record at least, of all at most."""
    prepare: Callable[[Sequence[Arrived]], Awaitable[Sequence[Prepared | DeliveryRefused]]]
    """Decrypts and frames deliveries; one result for each delivery, in their order."""
    read_back: ReadBack
    in_thread: InThread
    health_check: HealthCheck = assume_healthy
    measure: Measure = unmeasured
    columns: InColumns | None = None
    """None: every item goes item by item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandEffects:
    """What the decision of a command needs from outside."""

    rights_from: Callable[[int | None], Awaitable[Rights | None]]
    """Gives the rights, at once or when this offset of ``kpr.rights`` has been read; None if that
    takes too long."""
    read_slice: Callable[[LogSlice], Awaitable[SliceRead]]
    read_back: ReadBack
    in_thread: InThread
