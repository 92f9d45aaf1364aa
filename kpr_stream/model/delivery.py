"""A delivery on its way through the processor: arrived, decrypted, prepared.

SourceRecord ──arrive──► Arrived ──choose──► (to decrypt) ──decrypt──► Decrypted ──frame──► Prepared
                  └────► DeliveryRefused ◄──────────────────────┴──────────────────┘

A value that could name a person is left out of every ``repr``: logs and tracebacks show those.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from kpr_stream.model.person_id import IdKind
from kpr_stream.model.refusals import refusal_causes
from kpr_stream.model.words import Cause, Note, Operation, Refusal, System

TAG_BYTES: Final = 16
"""GCM's tag, at the end of every encrypted payload."""
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}", re.ASCII)


def is_delivery_id(text: str) -> bool:
    """Return whether a text is a delivery's id, a UUID."""
    return _UUID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecord:
    """One record of a source topic, as bytes. ``received_at`` is broker time, in ms."""

    topic_index: int
    """Index in SOURCE_TOPICS."""
    partition: int
    offset: int
    received_at: int
    key: bytes | None
    value: bytes | None = field(repr=False)
    traceparent: str | None = None
    """The sender's trace, if its header has the form of one. It decides nothing."""


@dataclass(frozen=True, slots=True)
class Encryption:
    """The envelope's part about the encryption of its payload."""

    key_id: str
    wrapped_key: bytes
    nonce: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """The clear part of a delivery. Dates and times as in the contract; ``extracted_at`` in ms."""

    delivery_id: str
    attempt: int
    message_type: str
    """A word of MessageType, except in a delivery refused UNKNOWN_MESSAGE_TYPE."""
    contract_version: str
    system: System
    """The system of the topic. The envelope of a delivery refused WRONG_SYSTEM names another."""
    software_version: str
    org_nr: str
    municipality_code: str
    district_code: str | None
    sequence: int
    extracted_at: int
    item_count: int
    content_digest: bytes
    encryption: Encryption | None
    payload: bytes = field(repr=False)
    period_from: int = 0
    period_to: int = -1
    """First and last day the delivery covers, in days since 1970: as claimed, any number. They
    decide nothing; a period that ends before it begins covers no day."""
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrived:
    """A delivery with a readable envelope that fits the topic, partition and key it came with."""

    source: SourceRecord
    envelope: Envelope


@dataclass(frozen=True, slots=True)
class DeliveryRefused:
    """A delivery that is refused as a whole, and why; ``envelope`` is None if unreadable."""

    source: SourceRecord
    cause: Cause
    envelope: Envelope | None = None
    item: int | None = None
    """Index of the item that it is refused for, if it is one."""

    @property
    def reason(self) -> Refusal:
        """Return the code of its cause."""
        return refusal_causes()[self.cause].reason


@dataclass(frozen=True, slots=True)
class Decrypted:
    """A decrypted, checked delivery: ``blocks`` are (item count, clear Avro) pairs."""

    arrived: Arrived
    blocks: tuple[tuple[int, bytes], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class PersonId:
    """An id that a person key is made from; a LOCAL number is local to unit and system."""

    kind: IdKind
    number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PreparedItem:
    """An item after rules and enrichment, as plain values.

    The frame stage makes all items of a frame in one ``map`` over columns: fields by position.
    """

    index: int
    operation: Operation
    local_id: str | None = field(repr=False)
    rejected: bool
    findings: tuple[str, ...]
    """Ids of the rules that the item broke, in the order of the catalogue."""
    content: str = field(repr=False)
    """Canonical text of the item as sent; the content hash is made from it."""
    person: PersonId | None = field(repr=False)
    birth_date: int | None = field(repr=False)
    """Days since 1970, for the identity record: from the person's number, else as sent. A person's
    record thus does not change with every item."""
    sex: str | None = field(repr=False)
    """Likewise: from the person's number, else as sent."""
    start_minute: int | None = field(repr=False)
    """Minutes since 1970 UTC; None if only the date is known, and then without a natural key."""
    group_id: str | None = field(repr=False)
    cleaned: Mapping[str, Any] = field(repr=False)
    """The content fields of the cleaned record, ready for its schema, without keys or versions."""
    raw: Mapping[str, Any] | None = field(repr=False)
    """A rejected item as sent; quarantine keeps it sealed. None for other items. Dates are days and
    times microseconds, as the contract's schema writes them."""
    other_ids: tuple[PersonId, ...] = field(default=(), repr=False)
    """The item's other usable ids, in order of precedence: links follow from them."""
    births_agree: bool = True
    """Whether the item's birth date and those in its numbers all agree."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A delivery whose items are ready to be decided."""

    arrived: Arrived
    items: Sequence[PreparedItem]
