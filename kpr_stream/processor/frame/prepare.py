"""Prepare the items of a micro-batch in one Polars frame. Pure.

They are read, judged, enriched and given out again by delivery. There is one frame for each message
type and contract version. Everything stays in columns: an item of its own is made where one is
asked for (``items/framed.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat

import polars as pl

from kpr_stream.model.delivery import Decrypted, DeliveryRefused, Prepared, PreparedItem
from kpr_stream.model.norwegian_time import norwegian_day
from kpr_stream.model.stages import Measure, Stage, unmeasured
from kpr_stream.model.words import Cause, MessageType
from kpr_stream.processor.frame.canonical_text import canonical_texts
from kpr_stream.processor.frame.decode import read_items
from kpr_stream.processor.frame.derive import with_derived
from kpr_stream.processor.frame.enrich import enriched
from kpr_stream.processor.frame.facts import with_facts
from kpr_stream.processor.frame.large_items import without_large_items
from kpr_stream.processor.frame.validate import validate
from kpr_stream.processor.intake.arrive import item_contract
from kpr_stream.processor.items.framed import Framed, by_delivery
from kpr_stream.reference import Reference
from kpr_stream.rules.catalogue import rules_for
from kpr_stream.schemas.contract import ID_FIELDS


@dataclass(frozen=True, slots=True)
class FrameContext:
    """The settings and reference data of the frame stage."""

    synthetic_ids: bool
    """True in test: only synthetic national ids may be used. False in production: only real."""
    reference: Reference
    numbers_from_2032: bool = False
    """Whether national ids with the control digits of 2032 count as valid."""
    measure: Measure = unmeasured


def prepare(opened: Sequence[Decrypted], context: FrameContext) -> list[Prepared | DeliveryRefused]:
    """Return each delivery with items ready to be decided, or refused; in order.

    The reason is UNDECODABLE, TOO_LARGE or UNKNOWN_CONTRACT. A delivery whose bytes do not fit its
    contract does not affect the others.
    """
    found: list[Prepared | DeliveryRefused | None] = [None] * len(opened)
    groups: dict[tuple[str, str], list[int]] = {}
    for at, delivery in enumerate(opened):
        envelope = delivery.arrived.envelope
        groups.setdefault((envelope.message_type, envelope.contract_version), []).append(at)
    for (message_type, version), members in groups.items():
        deliveries = [opened[at] for at in members]
        ready = _prepare_group(deliveries, MessageType(message_type), version, context)
        for at, result in zip(members, ready, strict=True):
            found[at] = result
    return [result for result in found if result is not None]


def _prepare_group(
    deliveries: Sequence[Decrypted], message_type: MessageType, version: str, context: FrameContext
) -> Iterator[Prepared | DeliveryRefused]:
    contract = item_contract(message_type, version)
    if contract is None:
        for delivery in deliveries:
            yield _refused(delivery, Cause.CONTRACT_VERSION_UNKNOWN)
        return
    with context.measure(Stage.DECODE):
        sent, unreadable = read_items(deliveries, contract)
        readable = [d for d, failed in zip(deliveries, unreadable, strict=True) if failed is None]
        sent, large = without_large_items(sent, readable)
    good = [d for d, item in zip(readable, large, strict=True) if item is None]
    counts = [sum(count for count, _ in d.blocks) for d in good]
    items: Iterator[Sequence[PreparedItem]] = repeat(())
    if sent.height:
        items = by_delivery(_prepare_items(sent, good, counts, message_type, context), counts)
    first_large = iter(large)
    for delivery, failed in zip(deliveries, unreadable, strict=True):
        if failed is not None:
            yield _refused(delivery, Cause.ITEMS_NOT_READABLE, failed.item)
        elif (item := next(first_large)) is not None:
            yield _refused(delivery, Cause.ITEM_TOO_LARGE, item)
        else:
            yield Prepared(delivery.arrived, next(items))


def _prepare_items(
    sent: pl.DataFrame,
    deliveries: Sequence[Decrypted],
    counts: Sequence[int],
    message_type: MessageType,
    context: FrameContext,
) -> Framed:
    id_field = ID_FIELDS[message_type]
    with context.measure(Stage.VALIDATE):
        placed = with_delivery(sent, deliveries, counts)
        known = with_facts(
            placed,
            id_field=id_field,
            synthetic_ids=context.synthetic_ids,
            numbers_from_2032=context.numbers_from_2032,
            reference=context.reference,
        )
        known = with_derived(known, message_type, context.reference)
        judged = validate(known, rules_for(message_type, context.reference), id_field=id_field)
    with context.measure(Stage.ENRICH):
        ready = enriched(judged, message_type, context.reference)
    return Framed(
        message_type=message_type,
        indexes=[index for n in counts for index in range(n)],
        sent=sent,
        ready=ready.with_columns(
            known.get_column("_local_id"),
            known.get_column("_births_agree"),
            canonical_texts(sent).alias("_content"),
        ),
        findings=judged.findings,
        warnings=judged.warnings,
        set_aside=judged.set_aside,
        rejected=judged.rejected,
    )


def with_delivery(
    sent: pl.DataFrame, deliveries: Sequence[Decrypted], counts: Sequence[int]
) -> pl.DataFrame:
    """Return the items with the columns of their delivery that the stages need."""
    envelopes = [d.arrived.envelope for d in deliveries]
    by_delivery = pl.DataFrame(
        {
            "_delivery": range(len(deliveries)),
            "_received_at": [d.arrived.source.received_at for d in deliveries],
            "_received_on": [norwegian_day(d.arrived.source.received_at) for d in deliveries],
            "_extracted_at": [e.extracted_at for e in envelopes],
            "_sent_municipality": [e.municipality_code for e in envelopes],
            "_sent_district": [e.district_code for e in envelopes],
        },
        schema_overrides={
            "_delivery": pl.UInt32,
            "_received_on": pl.Int32,
            "_extracted_at": pl.Int64,
            "_sent_district": pl.String,
        },
    )
    rows = [at for at, n in enumerate(counts) for _ in range(n)]
    return sent.hstack(by_delivery[rows])


def _refused(delivery: Decrypted, cause: Cause, item: int | None = None) -> DeliveryRefused:
    return DeliveryRefused(delivery.arrived.source, cause, delivery.arrived.envelope, item)
