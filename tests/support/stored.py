"""What the stored fixtures hold and how the tests read them: see ``tests/data/stored/README.md``.

The keys are derived from a text and are throw-aways. The maker (``tools.stored_fixtures``) and the
tests share them, because finding a stored key again needs the same pseudonyms.
"""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from kpr_stream.keys.pseudonym import Pseudonyms
from kpr_stream.keys.seal import Sealer
from kpr_stream.model.command import CommandKind
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.partition import partition_of
from kpr_stream.model.words import MessageType, System
from kpr_stream.processor.adapters.ledger import Ledger
from kpr_stream.processor.lanes.commit import watermarks
from kpr_stream.processor.state.entries import Entries
from kpr_stream.simulate.identifiers import org_nr
from tests.support.commands import command_record
from tests.support.deliveries import (
    NOW_MS,
    ORG_NR,
    appointment,
    consultation,
    container,
    source_record,
    synthetic_id,
)
from tests.support.receiver import Receiver
from tests.support.repository import ROOT

STORED: Final = ROOT / "tests" / "data" / "stored"
OUTBOX: Final = STORED / "outbox.sqlite3"
LEDGER: Final = STORED / "ledger.tar"
ENTRIES: Final = STORED / "ledger_entries.txt"
DUMP: Final = STORED / "database.sql.gz"
ROWS: Final = STORED / "database_rows.json"
CONSULTATIONS: Final = STORED / "consultations.avro"
CORRECTIONS: Final = STORED / "corrections.avro"

FIRST, SECOND = System.VISMA_HSPRO, System.EG_INFODOC
LANE: Final = partition_of(ORG_NR)
OTHER_UNIT: Final = next(
    number for n in range(1000) if partition_of(number := org_nr(n)) == LANE and number != ORG_NR
)
"""Another unit of the same lane: its deliveries are blocked."""
OPEN, BLOCKED, STOPPED, NEW, REMADE = (
    "974760673",
    "800000009",
    "800000017",
    "800000025",
    "800000033",
)
"""A unit of the outbox in each state, and one whose deliveries are made again."""
MINUTE: Final = 60_000
_BORN: Final = date(2024, 1, 20)


def _secret(name: str) -> bytes:
    return hashlib.sha256(f"kpr-stream stored fixture, {name}".encode()).digest()


def _sealer(name: str) -> Sealer:
    return Sealer(f"{name}-1", {f"{name}-1": _secret(name)})


def pseudonyms() -> Pseudonyms:
    """Derive the pseudonyms that the ledger's keys were made with."""
    return Pseudonyms(
        consultation_secret=_secret("consultation"),
        person_secret=_secret("person"),
        person_version=1,
        hash_secret=_secret("hash"),
    )


class StoredLane(Receiver):
    """Decides on a real ledger, and writes into it what a committed transaction would."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(store=ledger)
        self.emitter = replace(
            self.emitter,
            pseudonyms=pseudonyms(),
            identity=_sealer("identity"),
            quarantine=_sealer("quarantine"),
            superseded=_sealer("superseded"),
        )
        self.stored = ledger

    def commit(self, outputs: Sequence[OutputRecord], entries: Entries) -> Entries:
        """Write the outputs; return their offsets and watermarks as entries."""
        ends = {o.topic: len(self.log[o.topic]) for o in outputs}
        where = super().commit(outputs, entries)
        offsets = []
        for output in outputs:
            offsets.append(ends[output.topic])
            ends[output.topic] += 1
        return {**where, **watermarks(outputs, offsets)}


def items() -> list[dict[str, Any]]:
    """Make the consultations of the first delivery."""
    dnr = synthetic_id(_BORN, 2, day_plus=40)
    return [
        *(consultation(n) for n in range(1, 6)),
        consultation(6, dnr=dnr),
        consultation(7, fnr=None, dnr=dnr),
        consultation(8, weight_g=900),
        consultation(9, consultation_id="bad", start=None),
    ]


def corrections() -> list[dict[str, Any]]:
    """Make a later delivery: one consultation as before, one with another weight."""
    return [consultation(4), consultation(5, weight_g=4999)]


def payload(made: Sequence[dict[str, Any]]) -> bytes:
    """Pack items uncompressed: what a compressor writes may differ from machine to machine."""
    return container(made, codec="null")


def deliveries(first: bytes) -> Iterator[SourceRecord]:
    """Make the deliveries of the lane in order; ``first`` is the payload of the first."""
    day = 86_400_000
    yield source_record(message_type=MessageType.HELLO, offset=0)
    yield first_delivery(first, offset=1)
    yield source_record(
        [appointment(n) for n in (20, 21)],
        message_type=MessageType.APPOINTMENT,
        sequence=2,
        offset=2,
    )
    later = [
        consultation(2, operation="delete"),
        consultation(3, weight_g=4777),
        consultation(1),
    ]
    yield source_record(later, sequence=3, offset=3, received_at=NOW_MS + MINUTE)
    moved = [consultation(1, consultation_id="v-1"), consultation(30, consultation_id="v-30")]
    yield source_record(moved, system=SECOND, sequence=1, offset=0, received_at=NOW_MS + day)
    yield source_record(
        [consultation(31)], system=SECOND, sequence=4, offset=1, received_at=NOW_MS + day
    )
    for sequence, count in ((1, 1), (2, 9)):
        yield source_record(
            [consultation(40 + sequence)],
            org_nr=OTHER_UNIT,
            sequence=sequence,
            offset=3 + sequence,
            received_at=NOW_MS + day,
            item_count=count,
        )


def first_delivery(first: bytes, *, offset: int, attempt: int = 1) -> SourceRecord:
    """Make the first delivery; a repetition of it has another offset and attempt."""
    return source_record(
        payload=first, item_count=len(items()), sequence=1, offset=offset, attempt=attempt
    )


def commands(lane: StoredLane) -> Iterator[SourceRecord]:
    """Make the commands: one that unblocks, one that withdraws a link, one that is refused."""
    yield command_record(CommandKind.UNBLOCK, 0, org_nr=OTHER_UNIT, skip_to="3")
    link = next(r for r in lane.read("kpr.hst.identity-link", "identity_link"))
    keys = {"person_key": link["person_key"], "other_key": link["other_key"]}
    yield command_record(CommandKind.WITHDRAW_LINK, 1, org_nr=None, lane=LANE, **keys)
    yield command_record(CommandKind.UNBLOCK, 2, org_nr="999999018", lane=LANE)


def digests(entries: Iterable[tuple[bytes, bytes]]) -> str:
    """Write one line an entry: its mark, the SHA-256 of its key, that of its value."""
    return "".join(
        f"{chr(key[0])} {hashlib.sha256(key).hexdigest()} {hashlib.sha256(value).hexdigest()}\n"
        for key, value in entries
    )


def unpack_ledger(folder: Path) -> Path:
    """Unpack a copy of the stored ledger; returns its folder."""

    with tarfile.open(LEDGER) as packed:
        packed.extractall(folder, filter="data")
    return folder / "ledger"
