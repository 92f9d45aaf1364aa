"""Bring documents into the outbox: each series in order, several series at a time.

An error that nobody has foreseen stops its own part only: a unit, or else the series of a document.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from kpr_stream.connectors.byte_budget import ByteBudget
from kpr_stream.connectors.changes import Gone, gone, moved, only_changed, resources_of
from kpr_stream.connectors.delivery import pack
from kpr_stream.connectors.delivery.contents import make_contents
from kpr_stream.connectors.delivery.number import UnitPayloads, numbered
from kpr_stream.connectors.delivery.seal import DeliveryHeader
from kpr_stream.connectors.export.left_out import LeftOut, failed_unit
from kpr_stream.connectors.group import (
    DocumentProgress,
    Group,
    Ready,
    new_delivery,
    new_resources,
)
from kpr_stream.connectors.mapping.unmapped import (
    UnmappedCode,
    add_bounded,
    contract_codes,
    unmapped_codes,
)
from kpr_stream.connectors.outbox.outbox import Outbox
from kpr_stream.connectors.outbox.protocol import UnitStatus
from kpr_stream.connectors.quiet_days import QuietDays
from kpr_stream.connectors.source.interface import (
    Document,
    DocumentSeries,
    Extent,
    ItemPlace,
    Made,
    Pending,
    Source,
    UnitPart,
)
from kpr_stream.connectors.source.put_away import seconds_to_wait, size_of
from kpr_stream.connectors.tidy import Tidy
from kpr_stream.connectors.turn import AT_ONCE, Turn
from kpr_stream.errors import ExportError, KprError, unforeseen
from kpr_stream.keys.keyring import PublicKey
from kpr_stream.model.words import System
from kpr_stream.reference import load_reference
from kpr_stream.settings import Settings

SERIES_AT_ONCE = 8
"""Documents in memory at a time. Bounds memory; a series that waits for a receipt holds up no
other."""


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass(slots=True, kw_only=True)
class Ingest:
    """Reads a source into an outbox. ``changed`` is notified when receipts were applied."""

    source: Source
    system: System
    outbox: Outbox
    key: PublicKey
    settings: Settings
    changed: asyncio.Condition
    on_file: Callable[[], None]
    on_left_out: Callable[[LeftOut], None] = lambda _: None
    now_ms: Callable[[], int] = _now_ms
    resend: bool = False
    tidy: Tidy = field(default_factory=Tidy)
    unmapped: Counter[UnmappedCode] = field(default_factory=Counter)
    """Codes that no row maps, in this run."""
    turn: Turn = AT_ONCE
    numbering: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Two that read into one outbox share it: a unit's numbers have no gaps."""
    budget: ByteBudget = field(default_factory=ByteBudget)
    reading: int = 0
    """Documents that are being brought into the outbox now."""
    quiet: QuietDays = field(init=False)
    item_key: bytes = field(init=False)

    def __post_init__(self) -> None:
        """Take the outbox's key on this thread: documents are packed on others."""
        self.item_key = self.outbox.journal.item_key()
        self.quiet = QuietDays(self.outbox)

    async def all_series(self) -> list[KprError]:
        """Read every document there is now; return the errors of the series that had to stop."""
        found = await self.read(await asyncio.to_thread(self.source.series))
        return [error for error in found if error is not None]

    async def read(self, series: Sequence[DocumentSeries]) -> list[KprError | None]:
        """Read these series; return of each the error that stopped it, or None."""
        slots = asyncio.Semaphore(SERIES_AT_ONCE)

        async def one(which: DocumentSeries) -> KprError | None:
            async with slots:
                return await self._stopped_by(which)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(which)) for which in series]
        return [task.result() for task in tasks]

    async def _stopped_by(self, series: DocumentSeries) -> KprError | None:
        """Read a series; return the error that stopped it, if one of its documents did."""
        if series.unreadable is not None:
            return series.unreadable
        for left_out in series.left_out:
            self.on_left_out(left_out)
        for pending in series.pending:
            await self._until_settled(pending)
            await self.turn.wait()
            try:
                async with self.budget.spent(size_of(pending.path)):
                    await self._document(series, pending, series.failed)
            except ExportError as error:
                await asyncio.to_thread(self.tidy.failed, pending.path, error)
                return error
            except KprError:
                raise  # the outbox or the settings: no series can continue
            except Exception as cause:  # noqa: BLE001 - the net under a document
                return unforeseen(f"Reading the file {pending.shown}", cause)
        return None

    async def _until_settled(self, pending: Pending) -> None:
        """Wait until a file has been unchanged for a while: somebody may still write it."""
        wait_s = self.settings.settle_s
        while pending.path is not None and wait_s > 0:
            wait_s = seconds_to_wait(pending.path, self.settings.settle_s)
            await asyncio.sleep(wait_s)

    async def _document(self, series: DocumentSeries, pending: Pending, failed: set[str]) -> None:
        """Bring a document into the outbox. ``failed`` are units that failed earlier in the
        series."""
        before = self.tidy.before(pending.path)
        document = await asyncio.to_thread(pending.open)
        try:
            wanted = (
                None if self.resend else self.outbox.units_to_read(document.name, document.digest)
            )
            items, is_new = 0, wanted is None or bool(wanted)
            if is_new:
                self.reading += 1
                try:
                    items = await self._bring_in(document, series, wanted, failed)
                finally:
                    self.reading -= 1
        finally:
            await asyncio.to_thread(document.close)
        self.tidy.note(before, document.name, document.digest)
        self.turn.note(pending, document.name, document.digest, items)
        if is_new:
            self.on_file()

    async def _bring_in(
        self,
        document: Document,
        series: DocumentSeries,
        wanted: frozenset[str] | None,
        failed: set[str],
    ) -> int:
        """Read, number, seal and keep a document's units; return how many items were kept."""
        document.require_usable(now_ms=self.now_ms())
        progress = DocumentProgress()
        parts = document.parts(wanted)
        while True:
            group = await asyncio.to_thread(self._next_group, document, parts, failed)
            failed |= group.failed
            if group.last:
                await self._add_removals(document, group)
            self._only_changed(document, group, progress)
            self._add_quiet_days(document, group)
            await asyncio.to_thread(self._pack, group)
            await self._keep(document, series, group, progress)
            if group.last:
                return progress.items

    def _next_group(
        self, document: Document, parts: Iterator[UnitPart], failed: AbstractSet[str]
    ) -> Group:
        """Read and map what is kept at once: the whole document, or its next part."""
        group = Group()
        for part in parts:
            if part.org_nr in failed:
                # Its earlier documents are missing: the series of a unit is sent in order.
                group.failed.add(part.org_nr)
            else:
                group.left_out.extend(part.left_out)
                self._net(group, part, lambda part=part: self._make(group, part))  # type: ignore[misc]
            if not document.whole:
                return group
        group.last = True
        return group

    def _make(self, group: Group, part: UnitPart) -> None:
        made = part.make()
        group.left_out.extend(made.left_out)
        add_bounded(group.unmapped, made.unmapped)
        group.ready.append(Ready(part, made))

    def _net(self, group: Group, part: UnitPart, work: Callable[[], None]) -> None:
        """Do the work of one part; an error that nobody has foreseen stops its unit only."""
        try:
            work()
        except KprError:
            raise
        except Exception as cause:  # noqa: BLE001 - the net under a unit
            error = unforeseen(f"Reading unit {part.place.pointer} of {part.place.file}", cause)
            group.left_out.append(failed_unit(part.place.file, part.place.pointer, error))
            group.failed.add(part.org_nr)

    def _only_changed(self, document: Document, group: Group, progress: DocumentProgress) -> None:
        """Leave out what was sent before, in a source that gives everything each time."""
        if document.whole:
            return
        found: list[Ready] = []
        for one in group.ready:
            part = one.part
            sent = {} if self.resend else self.outbox.sent_resources(resources_of(one.made.prints))
            # First: a resource that has left another unit is deleted there.
            left = moved(one.made, sent, part.org_nr, part.message_type)
            found.extend(self._gone(gone_there, part.place) for gone_there in left)
            one.made = only_changed(one.made, sent, part.org_nr)
            if one.made.items:
                found.append(one)
            else:
                progress.silent.setdefault(part.org_nr, part)
        for one in found:
            progress.spoke.add(one.part.org_nr)
        if group.last:
            quiet = (part for unit, part in progress.silent.items() if unit not in progress.spoke)
            # A unit that was kept before an interruption has nothing new now, and reports one
            # quiet day more: an empty delivery changes nothing.
            found += [Ready(part, Made((), _nowhere)) for part in quiet]
        group.ready = found

    def _add_quiet_days(self, document: Document, group: Group) -> None:
        """Add an empty delivery before each unit whose EPJ wrote no file on quiet days."""
        if not document.whole or self.resend:
            return
        found: list[Ready] = []
        for one in group.ready:
            span = self.quiet.before(document.name, one.part.org_nr)
            if span is not None:
                found.append(Ready(one.part, Made((), _nowhere), span=span))
            found.append(one)
        group.ready = found

    async def _add_removals(self, document: Document, group: Group) -> None:
        """Add the deletions that name a resource alone, for the unit that it was sent for."""
        removals = document.removals()
        while chunk := await asyncio.to_thread(next, removals, ()):
            sent = self.outbox.sent_resources(one.print.resource for one in chunk)
            found, unknown = gone(chunk, sent)
            group.left_out.extend(unknown)
            group.ready += [self._gone(one, chunk[0].place) for one in found]

    def _gone(self, found: Gone, place: ItemPlace) -> Ready:
        part = UnitPart(
            org_nr=found.org_nr,
            municipality_code=self.outbox.municipality_of(found.org_nr),
            district_code=None,
            message_type=found.message_type,
            place=place,
            make=lambda: found.made,
        )
        return Ready(part, found.made)

    def _pack(self, group: Group) -> None:
        known = contract_codes(load_reference(self.settings.reference_dir))
        for one in group.ready:
            self._net(group, one.part, lambda one=one: self._pack_one(group, one))  # type: ignore[misc]
            add_bounded(group.unmapped, unmapped_codes(one.made.items, known))
        group.ready = [one for one in group.ready if one.part.org_nr not in group.failed]

    def _pack_one(self, group: Group, one: Ready) -> None:
        cut = pack.cut(
            one.made.items,
            one.part.message_type,
            max_items=self.settings.delivery_max_items,
            max_bytes=self.settings.delivery_max_bytes,
        )
        for large in cut.too_large:
            place = one.made.place_of(large.index)
            group.left_out.append(large.left_out(place.file, place.pointer))
        one.payloads = tuple(
            replace(packed, contents=self._contents(one, cut.places_of(packed)))
            for packed in cut.payloads
        )

    def _contents(self, one: Ready, places: list[int]) -> bytes:
        """Return which items a delivery holds, and where they come from."""
        return make_contents(
            [one.made.items[place] for place in places],
            one.part.message_type,
            key=self.item_key,
            org_nr=one.part.org_nr,
            places=[one.made.place_of(place) for place in places],
        ).to_bytes()

    async def _keep(
        self, document: Document, series: DocumentSeries, group: Group, progress: DocumentProgress
    ) -> None:
        """Number, seal and keep a group; the last one marks the document done."""
        await self._wait_for_room([one.part for one in group.ready])
        async with self.numbering:
            numbers = self._numbers(one.part for one in group.ready)
            payloads = [
                UnitPayloads(
                    one.part.org_nr,
                    self._heading(one.span or document.span, series.software_version, one.part),
                    one.payloads,
                )
                for one in group.ready
            ]
            sealed = await asyncio.to_thread(numbered, payloads, numbers, self.key)
            without_number = {one.part.org_nr for one in group.ready} - numbers.keys()
            progress.left_out |= without_number | group.failed
            self.outbox.keep(
                document.name,
                document.digest,
                [new_delivery(one) for part in sealed for one in part],
                left_out=progress.left_out if group.last else (),
                resources=new_resources(group.ready, sealed),
                done=group.last,
            )
            for ready, deliveries in zip(group.ready, sealed, strict=True):
                if deliveries:
                    self.quiet.note_unit(document.name, ready.part.org_nr)
            if group.last:
                self.quiet.note_read(document.name)
        add_bounded(self.unmapped, group.unmapped)
        for one in group.left_out:
            self.on_left_out(one)
        async with self.changed:
            self.changed.notify_all()
        items = sum(one.item_count for part in sealed for one in part)
        progress.items += items
        await self.turn.spend(items)

    async def _wait_for_room(self, parts: list[UnitPart]) -> None:
        """Wait until every unit's next sequence is known and the backlog has shrunk."""
        for part in parts:
            self.outbox.add_unit(
                part.org_nr, part.municipality_code, is_current=self.turn.is_current
            )
        async with self.changed:
            self.changed.notify_all()
            await self.changed.wait_for(
                lambda: (
                    self.outbox.unanswered()[1] <= self.turn.backlog_bytes
                    and not any(self._is_new(part.org_nr) for part in parts)
                )
            )

    def _is_new(self, org_nr: str) -> bool:
        view = self.outbox.unit(org_nr)
        return view is None or view.status is UnitStatus.NEW

    def _numbers(self, parts: Iterable[UnitPart]) -> dict[str, int]:
        """Return the next sequence of each unit; a unit whose hello was refused has none."""
        views = {part.org_nr: self.outbox.unit(part.org_nr) for part in parts}
        return {
            org_nr: view.next_sequence
            for org_nr, view in views.items()
            if view is not None and view.next_sequence is not None
        }

    def _heading(self, span: Extent, software_version: str, part: UnitPart) -> DeliveryHeader:
        return DeliveryHeader(
            system=self.system,
            software_version=software_version,
            message_type=part.message_type,
            contract_version=pack.contract_version(part.message_type),
            municipality_code=part.municipality_code,
            district_code=part.district_code,
            period_from=span.period_from,
            period_to=span.period_to,
            extracted_at=span.extracted_at,
        )


def _nowhere(at: int) -> ItemPlace:
    raise IndexError(at)
