"""Our own functions on the bare work: the product's frame, ledger and encoder. Pure.

Rules, enrichment, rights, identity, sequence and receipts are left out. What remains is called as
the product calls it: items are decoded as one frame with measured lengths, known ones are looked up
in one call, and records are written from columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import fastavro
import numpy as np

from kpr_stream.model.delivery import Arrived, Decrypted, Envelope, Prepared, SourceRecord
from kpr_stream.model.header import NO_KEY, LedgerHeader, PackedHeader
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.words import MessageType, System
from kpr_stream.processor.columns.gather import FrameRows, Rows, gather
from kpr_stream.processor.emit.frame_columns import coded, columns_of
from kpr_stream.processor.emit.packed_headers import Caused
from kpr_stream.processor.frame.canonical_text import canonical_texts
from kpr_stream.processor.frame.decode import read_items
from kpr_stream.processor.items.framed import Framed, by_delivery
from kpr_stream.processor.pipeline import Decided
from kpr_stream.processor.state.entries import Entries, SourceProgress
from kpr_stream.processor.state.overlay import LedgerReader, Overlay
from kpr_stream.schemas import wire
from kpr_stream.schemas.catalogue import Schema
from kpr_stream.schemas.column_records import write_bodies
from kpr_stream.schemas.contract import item_schema
from kpr_stream.schemas.segments import Bytes, Whole

_OUTPUT: Final = Path(__file__).parents[1] / "output.avsc"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_KEY_BYTES: Final = len(NO_KEY)


def arrive(record: SourceRecord) -> Arrived:
    """Return a delivery with its envelope, which is trusted here."""
    raw = wire.decode("delivery", record.value or b"", as_numbers=("period_from", "period_to"))
    envelope = Envelope(
        delivery_id=raw["delivery_id"],
        attempt=raw["attempt"],
        message_type=raw["message_type"],
        contract_version=raw["contract_version"],
        system=System(raw["system"]),
        software_version=raw["software_version"],
        org_nr=raw["org_nr"],
        municipality_code=raw["municipality_code"],
        district_code=raw["district_code"],
        sequence=raw["sequence"],
        extracted_at=round((raw["extracted_at"] - _EPOCH).total_seconds() * 1000),
        item_count=raw["item_count"],
        content_digest=raw["content_digest"],
        encryption=None,
        payload=raw["payload"],
    )
    return Arrived(record, envelope)


def micro_batch(records: Sequence[SourceRecord], max_items: int) -> list[Arrived]:
    """Return the first deliveries: as many as have ``max_items`` at most, but at least one."""
    found: list[Arrived] = []
    items = 0
    for record in records:
        one = arrive(record)
        items += one.envelope.item_count
        if items > max_items and found:
            break
        found.append(one)
    return found


def frame(deliveries: Sequence[Decrypted]) -> list[Prepared]:
    """Return the deliveries with their items in one frame; ValueError if one cannot be read."""
    sent, unreadable = read_items(deliveries, item_schema(MessageType.CONSULTATION))
    if any(unreadable):
        raise ValueError("a delivery of the input cannot be read")
    none: list[tuple[str, ...]] = [()] * sent.height
    framed = Framed(
        message_type=MessageType.CONSULTATION,
        indexes=range(sent.height),
        sent=sent,
        ready=sent.with_columns(
            canonical_texts(sent).alias("_content"), sent["consultation_id"].alias("_local_id")
        ),
        findings=none,
        warnings=none,
        set_aside=none,
        rejected=frozenset(),
    )
    counts = [one.arrived.envelope.item_count for one in deliveries]
    items = by_delivery(framed, counts)
    return [Prepared(one.arrived, own) for one, own in zip(deliveries, items, strict=True)]


def decide(prepared: Sequence[Prepared], ledger: LedgerReader, topic: str) -> Decided:
    """Return the records of new items and what is remembered of them."""
    rows, overlay = gather(prepared), Overlay(ledger)
    org_nrs = [one.arrived.envelope.org_nr for one in rows.deliveries]
    keys = [
        f"{org_nrs[delivery]}|{local_id}".encode()
        for delivery, local_id in zip(rows.delivery, rows.local_ids, strict=True)
    ]
    hashes = [
        sha256(f"{operation}{content}".encode()).digest()[:_KEY_BYTES]
        for operation, content in zip(rows.operations, rows.contents, strict=True)
    ]
    entry_keys = [entry_key(key) for key in keys]
    overlay.prefetch(entry_keys)
    accepted = []
    for row in rows.in_order:
        if overlay.get(entry_keys[row]) != hashes[row]:
            overlay.put_unsearched({entry_keys[row]: hashes[row]})
            accepted.append(row)
    outputs = _records(sorted(accepted), rows, keys, hashes, org_nrs, topic)
    return Decided(
        outputs=[outputs[row] for row in accepted],
        entries={**overlay.puts, **_progress(prepared, overlay)},
        taken=len(prepared),
    )


def entry_key(key: bytes) -> bytes:
    """Return the ledger key of an item."""
    return b"c" + sha256(key).digest()[:_KEY_BYTES]


def entries_of(
    topic: str,
    key: bytes,
    value: bytes | None,
    header: LedgerHeader,
    **more: Any,  # noqa: ANN401 - as the product's function of this name takes them
) -> Entries:
    """Return the ledger entries of a record that is read back: a lost ledger is made from them."""
    del topic, value, more
    return {entry_key(key): header.content_hash}


def _records(
    accepted: Sequence[int],
    rows: Rows,
    keys: Sequence[bytes],
    hashes: Sequence[bytes],
    org_nrs: Sequence[str],
    topic: str,
) -> dict[int, OutputRecord]:
    found: dict[int, OutputRecord] = {}
    deliveries = [prepared.arrived for prepared in rows.deliveries]
    for part in rows.parts:
        here = [row for row in accepted if row in part.rows]
        if not here:
            continue
        delivery = np.array([rows.delivery[row] for row in here], np.intp)
        values = _values(part, here, [org_nrs[number] for number in delivery.tolist()])
        headers = _caused(deliveries, delivery, [hashes[row] for row in here]).headers()
        for row, value, header in zip(here, values, headers, strict=True):
            at = deliveries[rows.delivery[row]].source.received_at
            found[row] = OutputRecord(topic, keys[row], value, PackedHeader(header), at)
    return found


def _values(part: FrameRows, here: Sequence[int], org_nrs: Sequence[str]) -> list[bytes]:
    written = output_schema()
    framed = part.framed
    if len(here) < len(part.rows):
        framed = framed.take([row - part.first for row in here])
    sent = framed.sent.select(name for name in written.field_names if name in framed.sent.columns)
    return write_bodies(written, {**columns_of(sent), "org_nr": coded(org_nrs)}, len(here))


def _caused(deliveries: Sequence[Arrived], delivery: Whole, hashes: Sequence[bytes]) -> Caused:
    def numbers(values: Sequence[int]) -> Whole:
        return np.array(values, np.int64)[delivery]

    no_keys = _matrix([NO_KEY] * len(hashes))
    return Caused(
        source_topic=numbers([one.source.topic_index for one in deliveries]),
        source_offset=numbers([one.source.offset for one in deliveries]),
        system=np.zeros(len(hashes), np.int64),
        extracted_at=numbers([one.envelope.extracted_at for one in deliveries]),
        sequence=numbers([one.envelope.sequence for one in deliveries]),
        natural_key=no_keys,
        person_key=no_keys,
        content_hash=_matrix(hashes),
    )


def _progress(prepared: Sequence[Prepared], overlay: Overlay) -> Entries:
    progress = SourceProgress(overlay.get)
    for one in prepared:
        progress.note(LedgerHeader.caused_by(one.arrived.source))
    return progress.entries()


def _matrix(keys: Sequence[bytes]) -> Bytes:
    return np.frombuffer(b"".join(keys), np.uint8).reshape(len(keys), _KEY_BYTES)


@cache
def output_schema() -> Schema:
    """Return the schema of the output records. It is not in the catalogue, so it has no id."""
    text = _OUTPUT.read_text("utf-8")
    parsed: Any = fastavro.parse_schema(fastavro.schema.load_schema(str(_OUTPUT)))
    return Schema("reduced_consultation", 1, 0, text, parsed)
