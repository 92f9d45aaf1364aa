"""The keys of an item's person, and whether that person was erased. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from kpr_stream.model.delivery import Envelope, PersonId, PreparedItem
from kpr_stream.model.header import NO_KEY
from kpr_stream.model.person_id import IdKind
from kpr_stream.model.words import MessageType
from kpr_stream.processor.emit.emitter import Emitter


def person_key(emitter: Emitter, envelope: Envelope, item: PreparedItem) -> bytes | None:
    """Return the pseudonym of an item's person; None if the sender knew no id."""
    return None if item.person is None else key_of(emitter, envelope, item.person)


def key_of(emitter: Emitter, envelope: Envelope, person: PersonId) -> bytes:
    """Return the pseudonym of a person id."""
    if person.kind is IdKind.LOCAL:
        return emitter.pseudonyms.local_person_key(envelope.org_nr, envelope.system, person.number)
    return emitter.pseudonyms.person_key(person.kind, person.number)


def keys_of(emitter: Emitter, envelope: Envelope, ids: Iterable[PersonId]) -> list[bytes]:
    """Return the pseudonyms of several ids of one person."""
    return [key_of(emitter, envelope, one) for one in ids]


def natural_key(
    emitter: Emitter, envelope: Envelope, item: PreparedItem, person: bytes | None
) -> bytes:
    """Return the key under which two systems' records of one consultation meet.

    NO_KEY for what is never matched: appointments, and items without a national id or a minute.
    """
    if (
        person is None
        or item.start_minute is None
        or envelope.message_type != MessageType.CONSULTATION
        or (item.person is not None and item.person.kind is IdKind.LOCAL)
    ):
        return NO_KEY
    return emitter.pseudonyms.natural_key(person, envelope.org_nr, item.start_minute)


def is_erased(emitter: Emitter, envelope: Envelope, item: PreparedItem) -> bool:
    """Whether an item's person was erased, so that nothing may be registered again."""
    if not (emitter.rights.persons and item.person):
        return False
    ids = (item.person, *item.other_ids)
    return emitter.rights.is_erased(
        [key_of(emitter, envelope, one) for one in ids],
        lambda: (
            emitter.pseudonyms.stop_mark(one.kind, one.number, envelope.org_nr, envelope.system)
            for one in ids
        ),
    )
