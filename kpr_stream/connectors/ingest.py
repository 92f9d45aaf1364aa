"""Bring export files into the outbox: each series in order, several series at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kpr_stream.connectors.delivery import pack
from kpr_stream.connectors.delivery.pack import Packed
from kpr_stream.connectors.delivery.seal import DeliveryHeader, new_delivery_id, seal_delivery
from kpr_stream.connectors.export import reader as read
from kpr_stream.connectors.mapping import items as mapping
from kpr_stream.connectors.mapping.profile import Profile
from kpr_stream.connectors.outbox.outbox import Outbox
from kpr_stream.connectors.outbox.protocol import UnitStatus
from kpr_stream.connectors.outbox.records import NewDelivery
from kpr_stream.errors import ExportError
from kpr_stream.keys.keyring import PublicKey
from kpr_stream.settings import Environment, Settings

SERIES_AT_ONCE = 8
"""Files in memory at a time. Bounds memory; a series that waits for a receipt holds up no other."""

BACKLOG_BYTES = 64_000_000
"""Reading pauses while this much is unanswered: the outbox must not hold a whole export."""

UnitPart = tuple[read.UnitExport, list[Packed]]


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
    resend: bool = False
    _numbering: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def all_series(self) -> list[ExportError]:
        """Read every file there is now; return the errors of the series that had to stop."""
        series = await asyncio.to_thread(read.find_series, self.folder)
        slots = asyncio.Semaphore(SERIES_AT_ONCE)

        async def one(which: read.Series) -> ExportError | None:
            async with slots:
                try:
                    await self._series(which)
                except ExportError as error:
                    return error
                return None

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(which)) for which in series]
        return [error for task in tasks if (error := task.result()) is not None]

    async def _series(self, series: read.Series) -> None:
        for path in series.paths:
            file = read.parse_name(path)
            name = path.relative_to(self.folder).as_posix()
            # The digest first: a done file is recognised by its bytes, without parsing them.
            data = await asyncio.to_thread(read.read_bytes, path)
            digest = read.digest_of(data)
            wanted = None if self.resend else self.outbox.units_to_read(name, digest)
            if wanted is not None and not wanted:
                continue
            parts = await asyncio.to_thread(self._packed, file, data, wanted)
            await self._wait_for_room([unit for unit, _ in parts])
            async with self._numbering:
                numbers = self._numbers(unit for unit, _ in parts)
                heading = self._headings(file, series.software_version)
                deliveries = await asyncio.to_thread(_closed, parts, numbers, heading, self.key)
                left_out = {unit.org_nr for unit, _ in parts} - numbers.keys()
                self.outbox.keep(name, digest, deliveries, left_out=left_out)
            self.on_file()
            async with self.changed:
                self.changed.notify_all()

    def _packed(
        self, file: read.ExportFile, data: bytes, wanted: frozenset[str] | None
    ) -> list[UnitPart]:
        """Read, map and pack a whole file, before anything of it is kept."""
        return [
            (unit, self._payloads(file, unit))
            for unit in read.units_of(
                file,
                data,
                synthetic_units=self.settings.environment is Environment.TEST,
            )
            if wanted is None or unit.org_nr in wanted
        ]

    def _payloads(self, file: read.ExportFile, unit: read.UnitExport) -> list[Packed]:
        deletions = [mapping.map_deletion(file.message_type, one) for one in unit.deletions]
        upserts = [mapping.map_upsert(file.message_type, one, self.profile) for one in unit.upserts]
        return list(
            pack.pack(
                [*deletions, *upserts],
                file.message_type,
                max_items=self.settings.delivery_max_items,
                max_bytes=self.settings.delivery_max_bytes,
            )
        )

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
