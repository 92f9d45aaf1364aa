"""Bring export files into the outbox: each series in order, several series at a time.

An error that nobody has foreseen stops its own part only: a unit, or else the series of a file.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path

from kpr_stream.connectors.delivery import pack
from kpr_stream.connectors.delivery.pack import Packed
from kpr_stream.connectors.delivery.seal import DeliveryHeader, new_delivery_id, seal_delivery
from kpr_stream.connectors.export import reader as read
from kpr_stream.connectors.export.left_out import LeftOut, failed_unit
from kpr_stream.connectors.export.names import as_text, require_usable_extraction, shown
from kpr_stream.connectors.mapping import items as mapping
from kpr_stream.connectors.mapping.profile import Profile
from kpr_stream.connectors.outbox.outbox import Outbox
from kpr_stream.connectors.outbox.protocol import UnitStatus
from kpr_stream.connectors.outbox.records import NewDelivery
from kpr_stream.errors import ExportError, KprError, unforeseen
from kpr_stream.keys.keyring import PublicKey
from kpr_stream.settings import Environment, Settings

SERIES_AT_ONCE = 8
"""Files in memory at a time. Bounds memory; a series that waits for a receipt holds up no other."""

BACKLOG_BYTES = 64_000_000
"""Reading pauses while this much is unanswered: the outbox must not hold a whole export."""

UnitPart = tuple[read.UnitExport, list[Packed]]


@dataclass(slots=True)
class _Mapped:
    """A file that is ready to be numbered, and what of it is not sent."""

    parts: list[UnitPart] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)
    """Units that failed in this file or an earlier one; they are read again in the next run."""


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass(slots=True, kw_only=True)
class Ingest:
    """Reads a folder into an outbox. ``changed`` is notified when receipts were applied."""

    folder: Path
    profile: Profile
    outbox: Outbox
    key: PublicKey
    settings: Settings
    changed: asyncio.Condition
    on_file: Callable[[], None]
    on_left_out: Callable[[LeftOut], None] = lambda _: None
    now_ms: Callable[[], int] = _now_ms
    resend: bool = False
    _numbering: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def all_series(self) -> list[KprError]:
        """Read every file there is now; return the errors of the series that had to stop."""
        series = await asyncio.to_thread(read.find_series, self.folder)
        slots = asyncio.Semaphore(SERIES_AT_ONCE)

        async def one(which: read.Series) -> KprError | None:
            async with slots:
                return await self._stopped_by(which)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(which)) for which in series]
        return [error for task in tasks if (error := task.result()) is not None]

    async def _stopped_by(self, series: read.Series) -> KprError | None:
        """Read a series; return the error that stopped it, if one of its files did."""
        if series.unreadable is not None:
            return series.unreadable
        for left_out in series.left_out:
            self.on_left_out(left_out)
        failed: set[str] = set()
        for path in series.paths:
            try:
                await self._file(series, path, failed)
            except ExportError as error:
                return error
            except KprError:
                raise  # the outbox or the settings: no series can continue
            except Exception as cause:  # noqa: BLE001 - the net under a file
                return unforeseen(f"Reading the file {shown(str(path))}", cause)
        return None

    async def _file(self, series: read.Series, path: Path, failed: set[str]) -> None:
        """Bring a file into the outbox. ``failed`` are units that failed earlier in the series."""
        file = read.parse_name(path)
        name = as_text(path.relative_to(self.folder).as_posix())
        # The digest first: a done file is recognised by its bytes, without parsing them.
        data = await asyncio.to_thread(read.read_bytes, path)
        digest = read.digest_of(data)
        wanted = None if self.resend else self.outbox.units_to_read(name, digest)
        if wanted is not None and not wanted:
            return
        require_usable_extraction(file, now_ms=self.now_ms())
        mapped = await asyncio.to_thread(self._mapped, file, data, wanted, failed)
        failed |= mapped.failed
        await self._wait_for_room([unit for unit, _ in mapped.parts])
        async with self._numbering:
            numbers = self._numbers(unit for unit, _ in mapped.parts)
            heading = self._headings(file, series.software_version)
            deliveries = await asyncio.to_thread(_closed, mapped.parts, numbers, heading, self.key)
            left_out = {unit.org_nr for unit, _ in mapped.parts} - numbers.keys()
            self.outbox.keep(name, digest, deliveries, left_out=left_out | mapped.failed)
        for one in mapped.left_out:
            self.on_left_out(one)
        self.on_file()
        async with self.changed:
            self.changed.notify_all()

    def _mapped(
        self,
        file: read.ExportFile,
        data: bytes,
        wanted: frozenset[str] | None,
        failed: AbstractSet[str],
    ) -> _Mapped:
        """Read, map and pack a whole file, before anything of it is kept."""
        found = _Mapped()
        in_test = self.settings.environment is Environment.TEST
        for index, unit in enumerate(read.units_of(file, data, synthetic_units=in_test)):
            if wanted is not None and unit.org_nr not in wanted:
                continue
            if unit.org_nr in failed:
                # Its earlier files are missing: the series of a unit is sent in order.
                found.failed.add(unit.org_nr)
                continue
            found.left_out.extend(unit.left_out)
            try:
                found.parts.append((unit, self._payloads(file, index, unit, found.left_out)))
            except KprError:
                raise
            except Exception as cause:  # noqa: BLE001 - the net under a unit
                error = unforeseen(f"Reading unit /{index} of {shown(str(file.path))}", cause)
                found.left_out.append(failed_unit(shown(str(file.path)), index, error))
                found.failed.add(unit.org_nr)
        found.parts = [part for part in found.parts if part[0].org_nr not in found.failed]
        return found

    def _payloads(
        self, file: read.ExportFile, index: int, unit: read.UnitExport, left_out: list[LeftOut]
    ) -> list[Packed]:
        kind = file.message_type
        deletions = [mapping.map_deletion(kind, one) for one in unit.deletions]
        upserts = [mapping.map_upsert(kind, one, self.profile) for one in unit.upserts]
        cut = pack.cut(
            [*deletions, *upserts],
            kind,
            max_items=self.settings.delivery_max_items,
            max_bytes=self.settings.delivery_max_bytes,
        )
        left_out.extend(
            one.left_out(shown(str(file.path)), unit.pointer_to(kind, index, one.index))
            for one in cut.too_large
        )
        return list(cut.payloads)

    async def _wait_for_room(self, units: list[read.UnitExport]) -> None:
        """Wait until every unit's next sequence is known and the backlog has shrunk."""
        for unit in units:
            self.outbox.add_unit(unit.org_nr, unit.municipality_code)
        async with self.changed:
            self.changed.notify_all()
            await self.changed.wait_for(
                lambda: (
                    self.outbox.unanswered()[1] <= BACKLOG_BYTES
                    and not any(self._is_new(unit.org_nr) for unit in units)
                )
            )

    def _is_new(self, org_nr: str) -> bool:
        view = self.outbox.unit(org_nr)
        return view is None or view.status is UnitStatus.NEW

    def _numbers(self, units: Iterable[read.UnitExport]) -> dict[str, int]:
        """Return the next sequence of each unit; a unit whose hello was refused has none."""
        views = {unit.org_nr: self.outbox.unit(unit.org_nr) for unit in units}
        return {
            org_nr: view.next_sequence
            for org_nr, view in views.items()
            if view is not None and view.next_sequence is not None
        }

    def _headings(
        self, file: read.ExportFile, software_version: str
    ) -> Callable[[read.UnitExport], DeliveryHeader]:
        return lambda unit: DeliveryHeader(
            system=self.profile.system,
            software_version=software_version,
            message_type=file.message_type,
            contract_version=pack.contract_version(file.message_type),
            municipality_code=unit.municipality_code,
            district_code=unit.district_code,
            period_from=file.period_from,
            period_to=file.period_to,
            extracted_at=file.extracted_at,
        )


def _closed(
    parts: list[UnitPart],
    numbers: Mapping[str, int],
    heading: Callable[[read.UnitExport], DeliveryHeader],
    key: PublicKey,
) -> list[NewDelivery]:
    """Number and seal, in order. A unit that is twice in a file continues its numbering."""
    following = dict(numbers)
    found = []
    for unit, payloads in parts:
        if unit.org_nr not in following:
            continue
        for packed in payloads:
            sequence = following[unit.org_nr]
            following[unit.org_nr] += 1
            delivery_id = new_delivery_id()
            record = seal_delivery(
                packed,
                heading(unit),
                org_nr=unit.org_nr,
                sequence=sequence,
                delivery_id=delivery_id,
                key=key,
            )
            found.append(NewDelivery(delivery_id, unit.org_nr, sequence, packed.item_count, record))
    return found
