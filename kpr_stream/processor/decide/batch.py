"""Decide a batch: for every delivery, in order, what becomes of it and what is written.

Two passes over the same deliveries. ``choose`` names those that are worth decrypting: an RSA
operation costs as much as 25 items, so none is spent on a delivery that will be refused or repeated
anyway. ``decide_deliveries`` then decides all of them: place in the sequence, outcome of every
item, output records.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache, partial

from kpr_stream.model.delivery import Arrived, DeliveryRefused, Prepared
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.release import ReleaseState, release_key
from kpr_stream.model.unit import UnitState, unit_key
from kpr_stream.processor.decide.delivery import (
    DecidedDelivery,
    SourceId,
    decide_delivery,
)
from kpr_stream.processor.decide.plain import Plan
from kpr_stream.processor.decide.unit_of_work import (
    UnitOfWork,
    admitted_until,
    known_release,
    known_unit,
)
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.intake.admission import AdmissionPolicy, refusal
from kpr_stream.processor.intake.sequence import is_next
from kpr_stream.processor.state.contents import Contents, LogPosition
from kpr_stream.processor.state.entries import Entries
from kpr_stream.processor.state.overlay import LedgerReader, Overlay


@dataclass(slots=True)
class Batch:
    """What a batch writes and remembers.

    If ``missing`` is not empty, discard this result, read those contents back and decide again.
    """

    outputs: list[OutputRecord] = field(default_factory=list)
    entries: Entries = field(default_factory=dict)
    deliveries: list[DecidedDelivery] = field(default_factory=list)
    missing: set[LogPosition] = field(default_factory=set)


def choose(
    records: Sequence[Arrived | DeliveryRefused], ledger: LedgerReader, policy: AdmissionPolicy
) -> list[Arrived]:
    """The deliveries to decrypt: the next of each unit, if those before them are processed.

    A delivery that is not admitted (agreement, stopped release) is left out, and so is one that
    the batch holds twice. If one of those chosen is refused, ``choose_more`` says which others may
    be next instead.
    """
    return _choose(records, ledger, policy, again=False)


def choose_more(
    records: Sequence[Arrived | DeliveryRefused], ledger: LedgerReader, policy: AdmissionPolicy
) -> list[Arrived]:
    """The deliveries that may be the next of their unit, whichever of the batch are refused.

    Those of ``choose`` are among them. Nothing that is next when it is decided is left out here.
    """
    return _choose(records, ledger, policy, again=True)


def _choose(
    records: Sequence[Arrived | DeliveryRefused],
    ledger: LedgerReader,
    policy: AdmissionPolicy,
    *,
    again: bool,
) -> list[Arrived]:
    overlay = Overlay(ledger)
    known: dict[bytes, UnitState] = {}
    expected: dict[bytes, UnitState] = {}
    releases: dict[bytes, tuple[ReleaseState, Callable[[], date | None]]] = {}
    chosen = []
    for record in records:
        if isinstance(record, DeliveryRefused):
            continue
        envelope = record.envelope
        key = unit_key(envelope.org_nr, envelope.system)
        if key not in known:
            known[key] = known_unit(overlay, envelope.org_nr, envelope.system)
        before = known[key]
        state = expected.get(key, before)
        # Sent again in this batch: if the one before is refused, this may be its correction.
        may_correct = before.in_gap(envelope.sequence) or (
            before.next_sequence <= envelope.sequence < state.next_sequence
        )
        next_one = is_next(state, envelope)
        if not next_one and not (again and may_correct):
            continue
        release = release_key(envelope.system, envelope.software_version)
        if release not in releases:
            named = envelope.system, envelope.software_version
            asked_once = cache(partial(admitted_until, overlay, *named))
            releases[release] = known_release(overlay, *named), asked_once
        going, last_day = releases[release]
        # Agreements and admissions change by commands only, and a release that is stopped stays so
        # in a batch.
        at = record.source.received_at
        if refusal(before, going, policy, at=at, admitted_until=last_day) is not None:
            continue
        if next_one:
            expected[key] = state.taken(envelope.sequence)
        chosen.append(record)
    return chosen


def decide_deliveries(
    records: Sequence[Arrived | DeliveryRefused],
    prepared: Mapping[SourceId, Prepared | DeliveryRefused],
    ledger: LedgerReader,
    emitter: Emitter,
    contents: Contents | None = None,
    plan: Plan | None = None,
) -> Batch:
    """Decide deliveries in order, each leaving exactly one receipt.

    ``plan`` has what columns have decided of their items already.

    ``prepared`` holds the results of the deliveries that ``choose`` named. NotChosenError if one
    that it did not name turns out to be next: prepare those of ``choose_more`` too.
    """
    overlay = Overlay(ledger)
    uow = UnitOfWork(overlay, emitter, contents or Contents())
    deliveries = [decide_delivery(record, prepared, uow, plan or {}) for record in records]
    uow.write_states()
    return Batch(uow.outputs, overlay.puts, deliveries, uow.contents.missing)
