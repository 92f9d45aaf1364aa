"""Put a nation's exports through the connector's mapping and the processor, without Kafka."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from kpr_stream.audit.rows import Comparison, compare
from kpr_stream.connectors.delivery import pack
from kpr_stream.connectors.export import reader as read
from kpr_stream.connectors.mapping import items as mapping
from kpr_stream.connectors.mapping.local_codes import synthetic_profile
from kpr_stream.model import topics
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.topics import receipt_topic
from kpr_stream.model.words import SYSTEMS, MessageType, System
from kpr_stream.rights.table import Rights
from kpr_stream.schemas import wire
from tests.end_to_end import answers, truth
from tests.support.deliveries import source_record
from tests.support.receiver import Receiver, keys

ITEMS, BYTES = 1000, 2_000_000
"""The most items and bytes that a connector puts in a delivery."""


def new_receiver(out: Path) -> Receiver:
    """Return a receiver that knows all reservations and has taken no delivery."""
    given = enumerate(truth.rights(out, keys().pseudonyms))
    rights = Rights().with_records((offset, *record) for offset, record in given)
    return Receiver(rights)


def received(out: Path) -> Receiver:
    """Return a receiver that has taken all deliveries in the order of sending."""
    receiver = new_receiver(out)
    for _, records in moments(out):
        for record in records:
            receiver.take(record)
    return receiver


def moments(out: Path) -> Iterator[tuple[int, list[SourceRecord]]]:
    """Yield each time of sending (ms) with the deliveries of its files, in order."""
    following: Counter[truth.Unit] = Counter()
    offsets: Counter[int] = Counter()
    files = truth.table(out, "files").sort("round", "sent_at", "path")
    for sent_at, paths in groupby(files.select("sent_at", "path").iter_rows(), itemgetter(0)):
        records = []
        for _, path in paths:
            system = System(path.split("/")[0])
            for record in _of_file(out / path, system, sent_at, following):
                offset = offsets[record.topic_index]
                offsets[record.topic_index] += 1
                records.append(replace(record, offset=offset, received_at=sent_at + offset))
        yield sent_at, records


def _of_file(
    path: Path, system: System, sent_at: int, following: Counter[truth.Unit]
) -> Iterator[SourceRecord]:
    file, profile = read.parse_name(path), synthetic_profile(system)
    for unit in read.units_of(file, read.read_bytes(path)):
        items = [mapping.map_deletion(file.message_type, one) for one in unit.deletions]
        items += [mapping.map_upsert(file.message_type, one, profile) for one in unit.upserts]
        for packed in pack.pack(items, file.message_type, max_items=ITEMS, max_bytes=BYTES):
            following[system.value, unit.org_nr] += 1
            yield source_record(
                system=system,
                org_nr=unit.org_nr,
                sequence=following[system.value, unit.org_nr],
                message_type=file.message_type,
                received_at=sent_at,
                payload=packed.payload,
                municipality_code=unit.municipality_code,
                district_code=unit.district_code,
                period_from=file.period_from,
                period_to=file.period_to,
                extracted_at=datetime.fromtimestamp(file.extracted_at / 1000, UTC),
                item_count=packed.item_count,
            )


def rows(receiver: Receiver) -> dict[MessageType, dict[str, dict[str, Any]]]:
    """Return the last record of every key on the cleaned topics."""
    return {
        kind: dict(
            answers.row_of(kind, wire.decode(kind.value, output.value))
            for output in receiver.log[topic]
            if output.value
        )
        for kind, topic in (
            (MessageType.CONSULTATION, topics.CONSULTATION),
            (MessageType.APPOINTMENT, topics.APPOINTMENT),
        )
    }


def compared(out: Path, receiver: Receiver, at: int | None = None) -> Comparison:
    """Compare the records with the truth at the end, or at a time."""
    return compare(truth.lines(out, at), rows(receiver), keys().pseudonyms)


def answered(receiver: Receiver) -> dict[truth.Unit, list[answers.ItemAnswer]]:
    """Return the answer to every item, from the receipts."""
    return answers.items_of(
        wire.decode("receipt", output.value)
        for system in SYSTEMS
        for output in receiver.log[receipt_topic(system)]
        if output.value
    )
