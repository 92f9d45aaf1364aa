"""Send one consultation with the new field, as a connector does, and report what became of it.

Run by ``new_field`` with a copy of the package: python -P -m tests.support.new_field_sender
"""

from __future__ import annotations

import io
import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

import fastavro

import kpr_stream
from kpr_stream.check.not_read import not_read_of_upsert
from kpr_stream.connectors.delivery.pack import contract_version, pack
from kpr_stream.connectors.delivery.seal import DeliveryHeader, seal_delivery, with_attempt
from kpr_stream.connectors.export.reader import parse_name, units_of
from kpr_stream.connectors.mapping.items import map_upsert
from kpr_stream.connectors.mapping.local_codes import synthetic_profile
from kpr_stream.keys.keyring import PublicKey
from kpr_stream.model import topics
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.partition import partition_of
from kpr_stream.model.topics import SOURCE_TOPICS, delivery_topic
from kpr_stream.model.words import MessageType, System
from kpr_stream.schemas.catalogue import schema
from kpr_stream.sinks.decode import frame_of, rows_of
from kpr_stream.sinks.tables import SinkKind, sink
from tests.support.deliveries import KEY_ID, NOW_MS, consultation, private_keys, source_record
from tests.support.new_field import CLEANED, ITEM, KEY, NAME, OBJECT, WRITTEN
from tests.support.receiver import Receiver
from tests.support.sink_records import Incoming


def send() -> dict[str, Any]:
    """Return what becomes of a consultation with the new field, and of one in the old contract."""
    receiver = Receiver()
    exported = _exported()
    receiver.take(_sealed(exported))
    old = io.BytesIO()
    fastavro.writer(old, schema(ITEM, 1).parsed, [consultation(1)])
    receiver.take(
        source_record([consultation(1)], payload=old.getvalue(), sequence=1, org_nr="974767880")
    )
    cleaned = receiver.read(topics.CONSULTATION, CLEANED)
    table = sink(SinkKind.CONTENT).tables[0]
    records = [
        Incoming(0, offset, output.key, output.value)
        for offset, output in enumerate(receiver.written)
        if output.topic == topics.CONSULTATION
    ]
    rows = rows_of(table, frame_of(table, records), records, {0: 1})
    return {
        "package": kpr_stream.__file__,
        "not_read": list(not_read_of_upsert(MessageType.CONSULTATION, exported)),
        "counts": [
            receipt["counts"]
            for receipt in receiver.read(topics.receipt_topic(System.VISMA_HSPRO), "receipt")
        ],
        "cleaned": [one.get(NAME) for one in cleaned],
        "set_aside": [one["set_aside"] for one in cleaned],
        "columns": {c.name: [c.pg_type, c.nullable, c.content] for c in table.columns},
        "rows": rows[NAME].to_list(),
    }


def _exported() -> dict[str, Any]:
    return {
        "konsultasjonId": "k-1",
        "datoTid": "2024-03-04T10:00:00+01:00",
        "tjeneste": "1",
        "oppmoteStatus": 1,
        OBJECT: {KEY: WRITTEN},
    }


def _sealed(exported: dict[str, Any]) -> SourceRecord:
    """Return the delivery as a connector writes it: read, mapped, packed, sealed."""
    system, org_nr = System.VISMA_HSPRO, "800000009"
    file = parse_name(Path("000001_HST_Konsultasjon_2024-03-04_20240304T110000Z.json"))
    unit = {"orgNr": org_nr, "kommuneNr": "0301", "bydelNr": None, "konsultasjon": [exported]}
    (unit_export,) = units_of(file, json.dumps([unit]).encode())
    items = [
        map_upsert(file.message_type, one, synthetic_profile(system)) for one in unit_export.upserts
    ]
    (packed,) = pack(items, file.message_type, max_items=10, max_bytes=10**6)
    value = seal_delivery(
        packed,
        DeliveryHeader(
            system=system,
            software_version="1",
            message_type=file.message_type,
            contract_version=contract_version(file.message_type),
            municipality_code=unit_export.municipality_code,
            district_code=unit_export.district_code,
            period_from=date(2024, 3, 4),
            period_to=date(2024, 3, 4),
            extracted_at=min(file.extracted_at, NOW_MS),
        ),
        org_nr=org_nr,
        sequence=1,
        delivery_id="00000000-0000-4000-8000-000000000001",
        key=PublicKey(KEY_ID, private_keys()[KEY_ID].public_key()),
    )
    return SourceRecord(
        topic_index=SOURCE_TOPICS.index(delivery_topic(system)),
        partition=partition_of(org_nr),
        offset=0,
        received_at=NOW_MS,
        key=org_nr.encode(),
        value=with_attempt(value, 1),
    )


if __name__ == "__main__":
    sys.stdout.write(json.dumps(send()))
