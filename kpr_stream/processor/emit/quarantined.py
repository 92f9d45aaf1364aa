"""Quarantine records: rejected items, sealed, and the states they pass through. Pure."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import fastavro

from kpr_stream.model import topics
from kpr_stream.model.delivery import Arrived, Envelope, PreparedItem, SourceRecord
from kpr_stream.model.header import NO_KEY, HeaderStatus, LedgerHeader
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.quarantine import ItemState
from kpr_stream.model.words import MessageType
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.schemas import wire
from kpr_stream.schemas.contract import item_schema


def quarantined_records(
    emitter: Emitter,
    arrived: Arrived,
    item: PreparedItem,
    *,
    item_key: bytes | None,
    substitute: bytes | None,
) -> tuple[OutputRecord, OutputRecord]:
    """Return a rejected item, sealed, and its state: open.

    An item without an id has no ``item_key``, but a ``substitute``.
    """
    envelope, source = arrived.envelope, arrived.source
    quarantine_id = emitter.pseudonyms.quarantine_id(
        topics.SOURCE_TOPICS[source.topic_index], source.partition, source.offset, item.index
    )
    shared = {
        "quarantine_id": quarantine_id.hex(),
        "org_nr": envelope.org_nr,
        "system": envelope.system.value,
    }
    key = quarantine_id.hex().encode()
    record = {
        **shared,
        "software_version": envelope.software_version,
        "municipality_code": envelope.municipality_code,
        "district_code": envelope.district_code,
        "delivery_id": envelope.delivery_id,
        "sequence": envelope.sequence,
        "item_index": item.index,
        "message_type": envelope.message_type,
        "contract_version": envelope.contract_version,
        "findings": [{"rule": r, "pointer": emitter.pointer_of(r)} for r in item.findings],
        "rule_set_version": emitter.versions.rule_set,
        "extracted_at": envelope.extracted_at,
        "received_at": source.received_at,
        "sealed": emitter.quarantine.seal(_item_bytes(envelope, item), record_key=key),
    }
    state = {
        **shared,
        "rules": list(item.findings),
        "message_type": envelope.message_type,
        "sequence": envelope.sequence,
        "item_index": item.index,
        "software_version": envelope.software_version,
        "item_key": item_key.hex() if item_key else None,
    }
    sealed = OutputRecord(
        topics.QUARANTINE,
        envelope.org_nr.encode(),
        wire.encode("quarantined_item", record),
        LedgerHeader.caused_by(source),
        source.received_at,
    )
    return sealed, state_record(source, state, ItemState.OPEN, substitute=substitute)


def state_record(
    source: SourceRecord,
    before: Mapping[str, Any],
    state: ItemState,
    *,
    substitute: bytes | None,
    rules: tuple[str, ...] | None = None,
    command_id: str | None = None,
) -> OutputRecord:
    """Return a quarantined item's next state, caused by ``source``.

    Without ``rules`` the item keeps those it has. The header says LIVE while the item is open. It
    holds the item's key, or the substitute of an item that has no id.
    """
    record = {
        **before,
        "state": state.value,
        "since": source.received_at,
        "rules": before["rules"] if rules is None else list(rules),
        "command_id": command_id,
    }
    item_key = record["item_key"]
    header = LedgerHeader.caused_by(
        source,
        HeaderStatus.LIVE if state is ItemState.OPEN else HeaderStatus.DELETED,
        natural_key=bytes.fromhex(item_key) if item_key else substitute or NO_KEY,
    )
    value = wire.encode("quarantine_state", record)
    key = record["quarantine_id"].encode()
    return OutputRecord(topics.QUARANTINE_STATE, key, value, header, source.received_at)


def _item_bytes(envelope: Envelope, item: PreparedItem) -> bytes:
    out = io.BytesIO()
    contract = item_schema(MessageType(envelope.message_type))
    fastavro.schemaless_writer(out, contract.parsed, dict(item.raw or {}))
    return out.getvalue()
