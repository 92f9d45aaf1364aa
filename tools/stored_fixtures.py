"""Make an outbox, a ledger and a database with this code, for later releases to open.

    python -m tools.stored_fixtures

Writes ``tests/data/stored/``. What is committed there is the output of an earlier release and is
not made again: see the README of that folder. A release that changes what is stored adds a folder
of its own beside it.
"""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import os
import subprocess
import tarfile
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from kpr_stream.connectors.outbox.apply_receipts import apply_receipts
from kpr_stream.connectors.outbox.outbox import Outbox
from kpr_stream.connectors.outbox.protocol import UnitStatus
from kpr_stream.connectors.outbox.records import NewDelivery
from kpr_stream.database.connect import connect
from kpr_stream.database.load_reference import load_into_database
from kpr_stream.database.migrate import OWNER, migrate
from kpr_stream.model.topics import PARTITIONS
from kpr_stream.operate.request import Requester
from kpr_stream.operate.units.contacts import Contact, keep_contact
from kpr_stream.operate.units.successions import exclude, forget_succession, register_succession
from kpr_stream.processor.adapters.ledger import Ledger, LedgerMemory
from kpr_stream.reference import load_reference
from kpr_stream.settings import Settings
from kpr_stream.sinks.position import Position
from kpr_stream.sinks.tables import SinkKind, sink
from tests.support import stored
from tests.support.deliveries import ORG_NR, consultation, source_record
from tests.support.sink_records import Incoming
from tests.support.stack import one_stack
from tests.support.stored import BLOCKED, NEW, OPEN, REMADE, STOPPED
from tests.support.stored_database import dump_command, mirror, rows_of_every_table, sink_store
from tests.unit.connectors.outboxes import answer_to, with_open_unit

LEFT_OUT: Final = ("LOG", "OPTIONS", "LOCK")
"""Files of RocksDB that hold machine paths or nothing; it opens a ledger without them."""
WHO: Final = Requester("operator-1", "A fixture of an earlier release.")


def main() -> None:
    """Write all three."""
    stored.STORED.mkdir(parents=True, exist_ok=True)
    stored.CONSULTATIONS.write_bytes(stored.payload(stored.items()))
    stored.CORRECTIONS.write_bytes(stored.payload(stored.corrections()))
    make_outbox(stored.OUTBOX)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lane = make_ledger(folder / "ledger")
        with one_stack(folder / "stack") as settings:
            asyncio.run(make_database(settings, lane))


def make_outbox(path: Path) -> None:
    """Make an outbox with rows in every table and units and deliveries in every state."""
    path.unlink(missing_ok=True)
    outbox = Outbox(path, system=stored.FIRST)
    for unit in (OPEN, BLOCKED, STOPPED, REMADE):
        with_open_unit(outbox, unit)
        numbers = range(1, 8) if unit == OPEN else range(1, 3)
        outbox.keep(f"{unit}.json", "digest-1", [_new(unit, n) for n in numbers])
    outbox.add_unit(NEW, "0301")
    outbox.keep(f"{NEW}.json", "digest-1", [], left_out=[NEW])
    for ready in outbox.take_ready(window=4, max_bytes=10**6):
        answer = _ANSWERS.get((ready.org_nr, ready.sequence))
        if answer is not None:
            apply_receipts(
                outbox, [answer_to(ready, **answer)], {stored.LANE: 100 + ready.sequence}
            )
    with outbox.changing():
        outbox.hold_unit(REMADE, UnitStatus.STOPPED, "NUMBER_REUSED")
    outbox.rebuild_unit(REMADE)
    outbox.close()


_FINDING: Final = {
    "index": 0,
    "local_id": "k-1",
    "outcome": "rejected",
    "findings": [{"rule": "START_MISSING", "pointer": "/start"}],
}
_ANSWERS: Final[dict[tuple[str, int], dict[str, Any]]] = {
    (OPEN, 1): {},
    (OPEN, 2): {"items": [_FINDING]},
    (OPEN, 3): {"part": 1, "parts": 2, "items": [_FINDING | {"outcome": "accepted"}]},
    (BLOCKED, 1): {"status": "refused", "reason": "COUNT_MISMATCH", "expected": 1},
    (STOPPED, 1): {},
    (STOPPED, 2): {"status": "a later answer"},
}
"""The answer to each delivery of the first sending; those that have none keep waiting."""


def _new(unit: str, sequence: int) -> NewDelivery:
    record = source_record(
        [consultation(sequence), consultation(sequence + 50)],
        org_nr=unit,
        sequence=sequence,
        attempt=0,
    )
    assert record.value is not None
    return NewDelivery(f"{unit}-{sequence}", unit, sequence, 2, record.value)


def make_ledger(folder: Path) -> stored.StoredLane:
    """Make a ledger with entries of every kind; returns the lane with all that it wrote."""
    ledger = Ledger(folder, LedgerMemory())
    lane = stored.StoredLane(ledger)
    for record in stored.deliveries(stored.CONSULTATIONS.read_bytes()):
        lane.take(record)
    for command in stored.commands(lane):
        lane.order(command)
    stored.ENTRIES.write_text(stored.digests(ledger.entries()), "utf-8")
    ledger.close()
    # Opened again, RocksDB writes what its log holds into a table file.
    Ledger(folder, LedgerMemory()).close()
    with tarfile.open(stored.LEDGER, "w") as packed:
        for file in sorted(folder.iterdir()):
            if not file.name.startswith(LEFT_OUT):
                entry = tarfile.TarInfo(f"ledger/{file.name}")
                entry.size = file.stat().st_size
                packed.addfile(entry, io.BytesIO(file.read_bytes()))
    return lane


async def make_database(settings: Settings, lane: stored.StoredLane) -> None:
    """Fill a database with what the sinks make of the lane's records; write its dump."""
    await migrate(settings)
    await load_into_database(settings, load_reference())
    for kind in SinkKind:
        await _mirror(settings, kind, lane)
    for phone in ("21000000", "21000001"):
        contact = Contact(
            party=stored.FIRST,
            name="Support",
            phone=phone,
            email="",
            hours="Mon-Fri 8-16",
            changed_by=WHO.account,
            reason=WHO.reason,
        )
        await keep_contact(settings, contact)
    await register_succession(settings, ORG_NR, "983658776", date(2024, 1, 1), WHO)
    await register_succession(settings, stored.OTHER_UNIT, "983658776", date(2024, 1, 1), WHO)
    await forget_succession(settings, stored.OTHER_UNIT, "983658776", WHO)
    marked = next(r for r in lane.read("kpr.hst.consultation", "consultation"))
    await exclude(settings, marked["consultation_key"], WHO)
    await _thin_out(settings)
    rows = await rows_of_every_table(settings)
    stored.ROWS.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    command, environment = dump_command(settings, OWNER)
    dumped = await asyncio.to_thread(
        subprocess.run, command, env=os.environ | environment, check=True, capture_output=True
    )
    stored.DUMP.write_bytes(gzip.compress(dumped.stdout, 9, mtime=0))


async def _thin_out(settings: Settings) -> None:
    """Leave the residents of one municipality: all of them are most of the dump."""
    connection = await connect(settings, OWNER)
    try:
        await connection.execute("DELETE FROM reference.resident WHERE municipality_code <> '0301'")
    finally:
        await connection.close()


async def _mirror(settings: Settings, kind: SinkKind, lane: stored.StoredLane) -> None:
    logs = {table.topic: lane.log[table.topic] for table in sink(kind).tables}
    start = Position(next_offset=0, epoch=1, rebuild_until=None, noted_at=datetime.now(UTC))
    async with sink_store(settings, kind) as store:
        for topic, log in logs.items():
            for partition in range(PARTITIONS):
                await store.place(topic, partition, start)
            records = [Incoming(stored.LANE, n, r.key, r.value) for n, r in enumerate(log)]
            await mirror(store, kind, topic, records, start)


if __name__ == "__main__":
    main()
