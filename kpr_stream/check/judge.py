"""Judge an export file with the real mapping and the real frame stage. Pure.

A file is processed like a real one: read, mapped, cut into deliveries, written as Avro, read again
as one frame, judged, decided. Left out is all that needs the receiver's keys or its memory of other
runs: order, encryption, and whether an item was known before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import islice

from polars.exceptions import PanicException

from kpr_stream.check.not_read import (
    not_read_of_deletion,
    not_read_of_unit,
    not_read_of_upsert,
)
from kpr_stream.check.place import SentItem, Spot
from kpr_stream.check.seen import Seen
from kpr_stream.connectors.delivery import pack
from kpr_stream.connectors.export import reader as read
from kpr_stream.connectors.export.left_out import LeftOut, failed_unit
from kpr_stream.connectors.export.names import require_usable_extraction, shown
from kpr_stream.connectors.mapping import items as mapping
from kpr_stream.connectors.mapping.profile import Profile
from kpr_stream.errors import ContractError, ExportError, KprError, unforeseen
from kpr_stream.model.delivery import (
    Arrived,
    Decrypted,
    Envelope,
    Prepared,
    PreparedItem,
    SourceRecord,
)
from kpr_stream.model.limits import FRAME_MAX_ITEMS
from kpr_stream.model.words import Outcome
from kpr_stream.processor.frame.prepare import FrameContext, prepare
from kpr_stream.processor.intake.arrive import item_contract
from kpr_stream.rules.catalogue import catalogue
from kpr_stream.rules.rule import Rule
from kpr_stream.schemas.catalogue import Schema
from kpr_stream.schemas.container import read_container


@dataclass(frozen=True, slots=True)
class Limits:
    """How a connector cuts deliveries, which decides what counts as a repeat."""

    max_items: int
    max_bytes: int


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that an item breaks, and the place in the file."""

    rule: Rule
    field: str
    pointer: str
    """JSON pointer (RFC 6901) into the export file."""


@dataclass(frozen=True, slots=True)
class CheckedItem:
    """The outcome of an item at a receiver that knows only this run. Holds no value."""

    index: int
    """Place in the order of sending: a unit's deletions come before its upserts."""
    pointer: str
    outcome: Outcome
    findings: tuple[Finding, ...]
    not_read: tuple[str, ...] = ()
    """Paths of keys that the format does not have. The unit's are with its first item."""


def check_file(
    file: read.ExportFile,
    data: bytes,
    *,
    profile: Profile,
    context: FrameContext,
    limits: Limits,
    now_ms: int,
    seen: Seen,
    on_left_out: Callable[[LeftOut], None] = lambda _: None,
) -> Iterator[CheckedItem]:
    """Yield the items of a file in order of sending; ExportError if it is unusable.

    ``seen`` holds the items of the files before this one. ``on_left_out`` gets what the connector
    would not send, and units at which this program fails.
    """
    require_usable_extraction(file, now_ms=now_ms)
    run = _Run(file, profile, limits, now_ms, seen, on_left_out, context.synthetic_ids)
    index = 0
    for frame in _frames(run, data):
        for delivery, found in _prepared(run, frame, context):
            for item, prepared_item in zip(delivery.sent, found.items, strict=True):
                outcome = seen.outcome_of(found.arrived.envelope, prepared_item)
                yield _checked(index, item, prepared_item, outcome, context)
                index += 1


@dataclass(frozen=True, slots=True)
class _Run:
    """A file and how it is judged."""

    file: read.ExportFile
    profile: Profile
    limits: Limits
    now_ms: int
    seen: Seen
    on_left_out: Callable[[LeftOut], None]
    synthetic_units: bool
    failed: set[int] = field(default_factory=set)
    """Places of the units that were reported: many deliveries of one can fail alike."""

    @property
    def name(self) -> str:
        """Return the file's name for messages."""
        return shown(str(self.file.path))

    def leave_out_unit(self, place: int, error: KprError) -> None:
        """Report a unit at which something failed, once; the others are judged."""
        if place not in self.failed:
            self.failed.add(place)
            self.on_left_out(failed_unit(self.name, f"/{place}", error))


@dataclass(frozen=True, slots=True)
class _Delivery:
    """A delivery as the receiver opens it, and the items in it."""

    place: int
    """The unit's place in the file."""
    opened: Decrypted
    sent: list[SentItem]


_Judged = tuple[_Delivery, Prepared]


def _prepared(run: _Run, frame: Sequence[_Delivery], context: FrameContext) -> Iterator[_Judged]:
    """Yield the deliveries of a frame with their items judged; a failure costs its own unit."""
    try:
        results = prepare([delivery.opened for delivery in frame], context)
    except (Exception, PanicException) as cause:  # noqa: BLE001 - the net under a unit
        if len(frame) > 1:
            for delivery in frame:
                yield from _prepared(run, [delivery], context)
        else:
            place = frame[0].place
            run.leave_out_unit(place, unforeseen(f"Judging unit /{place} of {run.name}", cause))
        return
    for delivery, found in zip(frame, results, strict=True):
        if isinstance(found, Prepared):
            yield delivery, found
        else:
            run.leave_out_unit(delivery.place, _not_taken(run, delivery.place, found.reason))


def _not_taken(run: _Run, place: int, reason: str) -> ExportError:
    return ExportError(
        f"The deliveries of unit /{place} of {run.name} would be refused: {reason}.",
        what_to_do="Report it to FHI: this program must read what it writes itself.",
    )


def _frames(run: _Run, data: bytes) -> Iterator[list[_Delivery]]:
    frame: list[_Delivery] = []
    waiting = 0
    units = read.units_of(run.file, data, synthetic_units=run.synthetic_units)
    for place, unit in enumerate(units):
        for left_out in unit.left_out:
            run.on_left_out(left_out)
        try:
            deliveries = list(_deliveries(run, place, unit))
        except ContractError as error:
            run.leave_out_unit(place, _not_taken(run, place, error.code))
            continue
        except Exception as cause:  # noqa: BLE001 - the net under a unit
            run.leave_out_unit(place, unforeseen(f"Reading unit /{place} of {run.name}", cause))
            continue
        for delivery in deliveries:
            frame.append(delivery)
            waiting += len(delivery.sent)
            if waiting >= FRAME_MAX_ITEMS:
                yield frame
                frame, waiting = [], 0
    if frame:
        yield frame


def _mapped(run: _Run, place: int, unit: read.UnitExport) -> list[SentItem]:
    kind = run.file.message_type
    deleted, upserted = read.LISTS[kind]
    items = [
        *(
            SentItem(
                Spot(kind, place, deleted, at),
                mapping.map_deletion(kind, one),
                tuple(not_read_of_deletion(kind, one)),
            )
            for at, one in enumerate(unit.deletions)
        ),
        *(
            SentItem(
                Spot(kind, place, upserted, at),
                mapping.map_upsert(kind, one, run.profile),
                tuple(not_read_of_upsert(kind, one)),
            )
            for at, one in enumerate(unit.upserts)
        ),
    ]
    if items and unit.other_keys:
        items[0] = replace(
            items[0], not_read=(*not_read_of_unit(unit.other_keys), *items[0].not_read)
        )
    return items


def _deliveries(run: _Run, place: int, unit: read.UnitExport) -> Iterator[_Delivery]:
    contract = _contract(run.file)
    sent = _mapped(run, place, unit)
    cut = pack.cut(
        [item.mapped for item in sent],
        run.file.message_type,
        max_items=run.limits.max_items,
        max_bytes=run.limits.max_bytes,
    )
    for large in cut.too_large:
        run.on_left_out(large.left_out(run.name, sent[large.index].spot.pointer))
    not_sent = {large.index for large in cut.too_large}
    rest = iter([item for at, item in enumerate(sent) if at not in not_sent])
    for one in cut.payloads:
        sequence = run.seen.next_sequence(unit.org_nr)
        arrived = _arrived(run, unit, sequence, one.item_count)
        opened = Decrypted(arrived, read_container(one.payload, contract))
        yield _Delivery(place, opened, list(islice(rest, one.item_count)))


def _arrived(run: _Run, unit: read.UnitExport, sequence: int, item_count: int) -> Arrived:
    envelope = Envelope(
        delivery_id="",
        attempt=1,
        message_type=run.file.message_type.value,
        contract_version=pack.contract_version(run.file.message_type),
        system=run.profile.system,
        software_version="",
        org_nr=unit.org_nr,
        municipality_code=unit.municipality_code,
        district_code=unit.district_code,
        sequence=sequence,
        extracted_at=run.file.extracted_at,
        item_count=item_count,
        content_digest=b"",
        encryption=None,
        payload=b"",
    )
    source = SourceRecord(
        topic_index=0, partition=0, offset=0, received_at=run.now_ms, key=None, value=None
    )
    return Arrived(source, envelope)


def _checked(
    index: int, item: SentItem, prepared: PreparedItem, outcome: Outcome, context: FrameContext
) -> CheckedItem:
    rules = _by_id(context)
    findings = tuple(
        Finding(rules[rule_id], field, item.pointer_to(field))
        for rule_id in prepared.findings
        for field in item.fields_of(rules[rule_id])
    )
    return CheckedItem(index, item.spot.pointer, outcome, findings, item.not_read)


@cache
def _by_id(context: FrameContext) -> dict[str, Rule]:
    return {rule.id: rule for rule in catalogue(context.reference)}


def _contract(file: read.ExportFile) -> Schema:
    contract = item_contract(file.message_type, pack.contract_version(file.message_type))
    if contract is None:
        raise ValueError(f"There is no contract for {file.message_type}.")
    return contract
