"""From outcomes to output records: cleaned, identity, quarantine, receipt, unit state.

Everything an item or delivery leaves behind is made here, with its ledger header.
"""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import fastavro

from kpr_stream.keys.pseudonym import Pseudonyms
from kpr_stream.keys.seal import Sealer
from kpr_stream.model import topics
from kpr_stream.model.delivery import Arrived, Envelope, PersonId, PreparedItem, SourceRecord
from kpr_stream.model.header import NO_KEY, HeaderStatus, LedgerHeader
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.person_id import IdKind
from kpr_stream.model.unit import UnitState, unit_key
from kpr_stream.model.words import SYSTEMS, MessageType, RecordStatus
from kpr_stream.processor.emit.receipt import Answer, PointerOf, TextsOf, receipts
from kpr_stream.processor.intake.admission import AdmissionPolicy
from kpr_stream.rights.table import Rights
from kpr_stream.schemas import rows, wire
from kpr_stream.schemas.catalogue import schema

_CLEANED: dict[str, tuple[str, str, str]] = {
    MessageType.CONSULTATION: ("consultation", topics.CONSULTATION, "consultation_key"),
    MessageType.APPOINTMENT: ("appointment", topics.APPOINTMENT, "appointment_key"),
}
MARKER_FIELDS = (
    "consultation_key",
    "status",
    "org_nr",
    "system",
    "extracted_at",
    "sequence",
    "received_at",
    "rule_set_version",
    "reference_version",
)
"""All that a marker says of a consultation."""


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
    superseded: Sealer
    versions: Versions
    pointer_of: PointerOf
    texts_of: TextsOf
    rights: Rights = field(default_factory=Rights)
    """As they stand for the batch that is decided."""
    policy: AdmissionPolicy = field(default_factory=AdmissionPolicy)

    def live(
        self,
        arrived: Arrived,
        item: PreparedItem,
        *,
        key: bytes,
        person_key: bytes | None,
        natural_key: bytes,
        content_hash: bytes,
        erased: bool,
    ) -> OutputRecord:
        """The cleaned record of an accepted or corrected item; of an erased person, a marker."""
        envelope = arrived.envelope
        # Last of all, and of no consequence for the hash: neither it nor the receipt tells of it.
        if erased:
            header = self._header(arrived, HeaderStatus.LIVE, content_hash=content_hash)
            return self._marker(arrived, key, header)
        decided = {
            **self._marker_fields(arrived, key, RecordStatus.LIVE),
            "person_key": person_key.hex() if person_key else None,
        }
        if item.group_id is not None:
            decided["group_key"] = self.pseudonyms.group_key(
                envelope.org_nr, envelope.system, item.group_id
            ).hex()
        header = self._header(
            arrived,
            HeaderStatus.LIVE,
            natural_key=natural_key,
            person_key=person_key or NO_KEY,
            content_hash=content_hash,
        )
        return self._cleaned(
            arrived, key, self._allowed(envelope, item, person_key), decided, header
        )

    def deleted(self, arrived: Arrived, key: bytes) -> OutputRecord:
        """The marker of a deleted consultation or appointment."""
        return self._marker(arrived, key, self._header(arrived, HeaderStatus.DELETED))

    def still_allowed(
        self, content: dict[str, Any], person_keys: Collection[bytes]
    ) -> dict[str, Any]:
        """A cleaned record that is written again, as its person's rights are today."""
        if not self.rights.persons or not person_keys:
            return content
        if self.rights.is_erased(person_keys, tuple):
            shared = {name: content[name] for name in content if name in MARKER_FIELDS}
            return shared | {"status": RecordStatus.DELETED.value}
        return dict(self.rights.without_reserved(person_keys, content, self.pointer_of))

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
            source.topic_index,
            source.offset,
            person_key=person_key,
            content_hash=content_hash,
        )
        value = wire.encode("identity", record)
        return OutputRecord(topics.IDENTITY, key, value, header, source.received_at)

    def person_hash(self, item: PreparedItem) -> bytes:
        """Keyed hash of an identity record's content: the same again is not written again."""
        number = item.person.number if item.person else None
        return self.pseudonyms.content_hash(f"person|{number}|{item.birth_date}|{item.sex}")

    def person_key(self, envelope: Envelope, item: PreparedItem) -> bytes | None:
        """The pseudonym of an item's person; None where the sender knew no id."""
        return None if item.person is None else self._key_of(envelope, item.person)

    def stops(self, envelope: Envelope, item: PreparedItem) -> bool:
        """Whether the person was erased, and so nothing of them may be registered again."""
        if not (self.rights.persons and item.person):
            return False
        ids = (item.person, *item.other_ids)
        return self.rights.is_erased(
            [self._key_of(envelope, one) for one in ids],
            lambda: (
                self.pseudonyms.stop_mark(one.kind, one.number, envelope.org_nr, envelope.system)
                for one in ids
            ),
        )

    def quarantined(
        self, arrived: Arrived, item: PreparedItem, *, item_key: bytes | None
    ) -> list[OutputRecord]:
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
            "municipality_code": envelope.municipality_code,
            "district_code": envelope.district_code,
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
            "message_type": envelope.message_type,
            "sequence": envelope.sequence,
            "item_index": item.index,
            "software_version": envelope.software_version,
            "item_key": item_key.hex() if item_key else None,
        }
        header = LedgerHeader(source.topic_index, source.offset)
        is_open = replace(header, status=HeaderStatus.LIVE, natural_key=item_key or NO_KEY)
        unit = envelope.org_nr.encode()
        at = source.received_at
        return [
            OutputRecord(
                topics.QUARANTINE, unit, wire.encode("quarantined_item", record), header, at
            ),
            OutputRecord(
                topics.QUARANTINE_STATE, key, wire.encode("quarantine_state", state), is_open, at
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
            wire.encode("unit_state", replace(state, rights_offset=self.rights.offset).to_record()),
            LedgerHeader(source.topic_index, source.offset),
            source.received_at,
        )

    def _allowed(
        self, envelope: Envelope, item: PreparedItem, person_key: bytes | None
    ) -> Mapping[str, Any]:
        """What may be registered of an item: all, but for what its person has reserved."""
        if not self.rights.persons or person_key is None:
            return item.cleaned
        keys = (person_key, *(self._key_of(envelope, one) for one in item.other_ids))
        return self.rights.without_reserved(keys, item.cleaned, self.pointer_of)

    def keys_of(self, envelope: Envelope, ids: Iterable[PersonId]) -> list[bytes]:
        """The pseudonyms of several ids of an item's person."""
        return [self._key_of(envelope, one) for one in ids]

    def _key_of(self, envelope: Envelope, one: PersonId) -> bytes:
        if one.kind is IdKind.LOCAL:
            return self.pseudonyms.local_person_key(envelope.org_nr, envelope.system, one.number)
        return self.pseudonyms.person_key(one.kind, one.number)

    def natural_key(
        self, envelope: Envelope, item: PreparedItem, person_key: bytes | None
    ) -> bytes:
        """By what another system's record of this consultation is found; NO_KEY for what is never
        matched: appointments, and those without a national id or minute."""
        if (
            person_key is None
            or item.start_minute is None
            or envelope.message_type != MessageType.CONSULTATION
            or (item.person is not None and item.person.kind is IdKind.LOCAL)
        ):
            return NO_KEY
        return self.pseudonyms.natural_key(person_key, envelope.org_nr, item.start_minute)

    def _marker_fields(self, arrived: Arrived, key: bytes, status: RecordStatus) -> dict[str, Any]:
        envelope = arrived.envelope
        return {
            _CLEANED[envelope.message_type][2]: key.hex(),
            "status": status.value,
            "org_nr": envelope.org_nr,
            "system": envelope.system.value,
            "extracted_at": envelope.extracted_at,
            "sequence": envelope.sequence,
            "received_at": arrived.source.received_at,
            "rule_set_version": self.versions.rule_set,
            "reference_version": self.versions.reference,
        }

    def _marker(self, arrived: Arrived, key: bytes, header: LedgerHeader) -> OutputRecord:
        fields = self._marker_fields(arrived, key, RecordStatus.DELETED)
        return self._cleaned(arrived, key, {}, fields, header)

    def _cleaned(
        self,
        arrived: Arrived,
        key: bytes,
        content: Mapping[str, Any],
        decided: Mapping[str, Any],
        header: LedgerHeader,
    ) -> OutputRecord:
        name, topic, _ = _CLEANED[arrived.envelope.message_type]
        value = rows.encode(name, content, decided)
        return OutputRecord(topic, key.hex().encode(), value, header, arrived.source.received_at)

    @staticmethod
    def _header(
        arrived: Arrived,
        status: HeaderStatus,
        *,
        natural_key: bytes = NO_KEY,
        person_key: bytes = NO_KEY,
        content_hash: bytes = NO_KEY,
    ) -> LedgerHeader:
        source, envelope = arrived.source, arrived.envelope
        return LedgerHeader(
            source.topic_index,
            source.offset,
            status,
            envelope.extracted_at,
            envelope.sequence,
            natural_key,
            person_key,
            content_hash,
            SYSTEMS.index(envelope.system) + 1,
        )

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
