"""From outcomes to output records: cleaned, identity, quarantine, receipt, unit state.

Everything an item or delivery leaves behind is made here, with its ledger header.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import fastavro

from kpr_stream.keys.pseudonym import IdKind, Pseudonyms
from kpr_stream.keys.seal import Sealer
from kpr_stream.model import topics
from kpr_stream.model.delivery import Arrived, Envelope, PreparedItem, SourceRecord
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.unit import UnitState, unit_key
from kpr_stream.model.words import MessageType, Outcome, RecordStatus
from kpr_stream.processor.receipt import Answer, PointerOf, TextsOf, receipts
from kpr_stream.schemas import wire
from kpr_stream.schemas.catalogue import schema
from kpr_stream.schemas.header import NO_KEY, HeaderStatus, LedgerHeader

_CLEANED: dict[str, tuple[str, str, str]] = {
    MessageType.CONSULTATION: ("consultation", topics.CONSULTATION, "consultation_key"),
    MessageType.APPOINTMENT: ("appointment", topics.APPOINTMENT, "appointment_key"),
}


@dataclass(frozen=True, slots=True)
class Versions:
    """What every record says it was judged and enriched with."""

    rule_set: str
    reference: str


@dataclass(frozen=True, slots=True, repr=False)
class Emitter:
    """Makes output records. Holds keys; the sealers' nonces are its only effect."""

    pseudonyms: Pseudonyms
    identity: Sealer
    quarantine: Sealer
    versions: Versions
    pointer_of: PointerOf
    texts_of: TextsOf

    def cleaned(
        self,
        arrived: Arrived,
        item: PreparedItem,
        *,
        key: bytes,
        person_key: bytes | None,
        content_hash: bytes,
        outcome: Outcome,
    ) -> OutputRecord:
        """The cleaned record of an accepted or corrected item, or the marker of a deleted one."""
        envelope, source = arrived.envelope, arrived.source
        name, topic, key_field = _CLEANED[envelope.message_type]
        deleted = outcome is Outcome.DELETED
        status = RecordStatus.DELETED if deleted else RecordStatus.LIVE
        record = {
            **({} if deleted else item.cleaned),
            key_field: key.hex(),
            "status": status.value,
            "org_nr": envelope.org_nr,
            "system": envelope.system.value,
            "extracted_at": envelope.extracted_at,
            "sequence": envelope.sequence,
            "received_at": source.received_at,
            "rule_set_version": self.versions.rule_set,
            "reference_version": self.versions.reference,
        }
        if not deleted:
            record["person_key"] = person_key.hex() if person_key else None
            if item.group_id is not None:
                record["group_key"] = self.pseudonyms.group_key(
                    envelope.org_nr, envelope.system, item.group_id
                ).hex()
        header = LedgerHeader(
            source.topic_index,
            source.offset,
            HeaderStatus.DELETED if deleted else HeaderStatus.LIVE,
            envelope.extracted_at,
            envelope.sequence,
            NO_KEY if deleted else self._natural_key(envelope, item, person_key),
            (not deleted and person_key) or NO_KEY,
            NO_KEY if deleted else content_hash,
        )
        return OutputRecord(
            topic, key.hex().encode(), wire.encode(name, record), header, source.received_at
        )

    def person(
        self, source: SourceRecord, item: PreparedItem, *, person_key: bytes, content_hash: bytes
    ) -> OutputRecord:
        """Who a person key stands for, sealed."""
        if item.person is None:
            raise ValueError("An item without a person has no identity record.")
        key = person_key.hex().encode()
        clear = json.dumps(self._identity(item), sort_keys=True).encode()
        record = {
            "person_key": person_key.hex(),
            "key_version": self.pseudonyms.person_version,
            "id_kind": item.person.kind.value,
            "sealed": self.identity.seal(clear, record_key=key),
        }
        header = LedgerHeader(
            source.topic_index, source.offset, person_key=person_key, content_hash=content_hash
        )
        value = wire.encode("identity", record)
        return OutputRecord(topics.IDENTITY, key, value, header, source.received_at)

    def person_hash(self, item: PreparedItem) -> bytes:
        """Keyed hash of an identity record's content: the same again is not written again."""
        return self.pseudonyms.content_hash(json.dumps(self._identity(item), sort_keys=True))

    def person_key(self, envelope: Envelope, item: PreparedItem) -> bytes | None:
        """The pseudonym of an item's person; None where the sender knew no id."""
        if item.person is None:
            return None
        if item.person.kind is IdKind.LOCAL:
            return self.pseudonyms.local_person_key(
                envelope.org_nr, envelope.system, item.person.number
            )
        return self.pseudonyms.person_key(item.person.kind, item.person.number)

    def quarantined(self, arrived: Arrived, item: PreparedItem) -> list[OutputRecord]:
        """A rejected item, sealed, and its state: open."""
        envelope, source = arrived.envelope, arrived.source
        quarantine_id = self.pseudonyms.quarantine_id(
            topics.SOURCE_TOPICS[source.topic_index], source.partition, source.offset, item.index
        )
        key = quarantine_id.hex().encode()
        shared = {
            "quarantine_id": quarantine_id.hex(),
            "org_nr": envelope.org_nr,
            "system": envelope.system.value,
        }
        record = {
            **shared,
            "software_version": envelope.software_version,
            "delivery_id": envelope.delivery_id,
            "sequence": envelope.sequence,
            "item_index": item.index,
            "message_type": envelope.message_type,
            "contract_version": envelope.contract_version,
            "findings": [{"rule": r, "pointer": self.pointer_of(r)} for r in item.findings],
            "rule_set_version": self.versions.rule_set,
            "extracted_at": envelope.extracted_at,
            "received_at": source.received_at,
            "sealed": self.quarantine.seal(_item_bytes(envelope, item), record_key=key),
        }
        state = {
            **shared,
            "state": "open",
            "since": source.received_at,
            "rules": list(item.findings),
        }
        header = LedgerHeader(source.topic_index, source.offset)
        unit = envelope.org_nr.encode()
        at = source.received_at
        return [
            OutputRecord(
                topics.QUARANTINE, unit, wire.encode("quarantined_item", record), header, at
            ),
            OutputRecord(
                topics.QUARANTINE_STATE, key, wire.encode("quarantine_state", state), header, at
            ),
        ]

    def answer(self, answer: Answer) -> list[OutputRecord]:
        """The receipt, in one part or several."""
        source = answer.source
        return [
            OutputRecord(
                topics.receipt_topic(answer.system),
                answer.org_nr.encode(),
                wire.encode("receipt", record),
                LedgerHeader(source.topic_index, source.offset),
                source.received_at,
            )
            for record in receipts(answer, pointer_of=self.pointer_of, texts_of=self.texts_of)
        ]

    def unit(self, source: SourceRecord, state: UnitState) -> OutputRecord:
        """A unit's new state."""
        return OutputRecord(
            topics.UNIT,
            unit_key(state.org_nr, state.system),
            wire.encode("unit_state", state.to_record()),
            LedgerHeader(source.topic_index, source.offset),
            source.received_at,
        )

    def _natural_key(
        self, envelope: Envelope, item: PreparedItem, person_key: bytes | None
    ) -> bytes:
        national = item.person is not None and item.person.kind is not IdKind.LOCAL
        if person_key is None or item.start_minute is None or not national:
            return NO_KEY
        return self.pseudonyms.natural_key(person_key, envelope.org_nr, item.start_minute)

    @staticmethod
    def _identity(item: PreparedItem) -> Mapping[str, Any]:
        person = item.person
        return {
            "id": person.number if person else None,
            "birth_date": item.birth_date,
            "sex": item.sex,
        }


def read_unit(data: bytes) -> UnitState:
    """A unit's state from the value of its record."""
    return UnitState.from_record(wire.decode("unit_state", data))


def _item_bytes(envelope: Envelope, item: PreparedItem) -> bytes:
    name = f"{envelope.message_type}_item"
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema(name).parsed, dict(item.raw or {}))
    return out.getvalue()
