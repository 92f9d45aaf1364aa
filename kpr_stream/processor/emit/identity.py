"""Identity records: the person that a person key stands for, sealed. Pure."""

from __future__ import annotations

import json
from typing import Protocol

from kpr_stream.model import topics
from kpr_stream.model.delivery import PersonId, SourceRecord
from kpr_stream.model.header import LedgerHeader
from kpr_stream.model.output import OutputRecord
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.schemas import wire


class NamesPerson(Protocol):
    """What an item says of its person, for the identity record."""

    @property
    def person(self) -> PersonId | None: ...
    @property
    def birth_date(self) -> int | None: ...
    @property
    def sex(self) -> str | None: ...


def identity_record(
    emitter: Emitter,
    source: SourceRecord,
    item: NamesPerson,
    *,
    person_key: bytes,
    content_hash: bytes,
) -> OutputRecord:
    """Return the identity record of an item's person; ValueError for an item without one."""
    person = item.person
    if person is None:
        raise ValueError("An item without a person has no identity record.")
    key = person_key.hex().encode()
    clear = {"id": person.number, "birth_date": item.birth_date, "sex": item.sex}
    sealed = emitter.identity.seal(json.dumps(clear, sort_keys=True).encode(), record_key=key)
    record = {
        "person_key": person_key.hex(),
        "key_version": emitter.pseudonyms.person_version,
        "id_kind": person.kind.value,
        "sealed": sealed,
    }
    header = LedgerHeader.caused_by(source, person_key=person_key, content_hash=content_hash)
    value = wire.encode("identity", record)
    return OutputRecord(topics.IDENTITY, key, value, header, source.received_at)


def identity_hash(emitter: Emitter, item: NamesPerson) -> bytes:
    """Return the keyed hash of an identity record's content.

    A record whose hash is known already is not written again.
    """
    number = item.person.number if item.person else None
    return emitter.pseudonyms.content_hash(f"person|{number}|{item.birth_date}|{item.sex}")
