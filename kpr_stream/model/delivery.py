"""A delivery on its way through the processor: as arrived, as opened, as prepared.

SourceRecord ──envelope──► Arrived ──order──► (to open) ──open──► Opened ──frame──► Prepared
                     └────────► DeliveryRefused ◄──────┴─────────────────────┘

What could name a person is left out of every ``repr``: values end up in logs and tracebacks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kpr_stream.model.person_id import IdKind
from kpr_stream.model.words import Operation, Refusal, System


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """One record of a source topic, bytes as they came. ``received_at`` is broker time, in ms."""

    topic_index: int
    """Index in SOURCE_TOPICS."""
    partition: int
    offset: int
    received_at: int
    key: bytes | None
    value: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Encryption:
    """What the envelope says about the encryption of its payload."""

    key_id: str
    wrapped_key: bytes
    nonce: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """The clear part of a delivery. Dates and times as in the contract; ``extracted_at`` in ms."""

    delivery_id: str
    attempt: int
    message_type: str
    """A word of MessageType, except in a delivery refused UNKNOWN_MESSAGE_TYPE."""
    contract_version: str
    system: System
    """That of the topic. In a delivery refused WRONG_SYSTEM the envelope itself said another."""
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


@dataclass(frozen=True, slots=True)
class Arrived:
    """A delivery whose envelope could be read and fits where it came from."""

    source: SourceRecord
    envelope: Envelope


@dataclass(frozen=True, slots=True)
class DeliveryRefused:
    """A delivery that is refused whole, and why. ``envelope`` is None if it could not be read."""

    source: SourceRecord
    reason: Refusal
    envelope: Envelope | None = None


@dataclass(frozen=True, slots=True)
class Decrypted:
    """A delivery decrypted and checked: ``blocks`` are (item count, clear Avro) pairs."""

    arrived: Arrived
    blocks: tuple[tuple[int, bytes], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class PersonId:
    """The id a person key is made from; for LOCAL the number is local to unit and system."""

    kind: IdKind
    number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PreparedItem:
    """An item after rules and enrichment, as plain values."""

    index: int
    operation: Operation
    local_id: str | None = field(repr=False)
    rejected: bool
    findings: tuple[str, ...]
    """Ids of the rules it broke, in the order of the catalogue."""
    content: str = field(repr=False)
    """Canonical text of what was sent; the content hash is made from it."""
    person: PersonId | None = field(repr=False)
    birth_date: int | None = field(repr=False)
    """Days since 1970, for the identity record: as the person's number says, else as sent. So
    the record of a person does not change with what single items say."""
    sex: str | None = field(repr=False)
    """The same: the number's, else as sent."""
    start_minute: int | None = field(repr=False)
    """Minutes since 1970 UTC; None where only the date is known: no natural key then."""
    group_id: str | None = field(repr=False)
    cleaned: Mapping[str, Any] = field(repr=False)
    """The content fields of the cleaned record, ready for its schema (not keys, not version)."""
    raw: Mapping[str, Any] | None = field(repr=False)
    """The item as sent, only for rejected ones: it goes to quarantine, sealed. Dates are days
    and times microseconds, which the contract's schema writes as they are."""
    other_ids: tuple[PersonId, ...] = field(default=(), repr=False)
    """The item's other usable ids, in order of precedence: what links are found from."""
    births_agree: bool = True
    """Whether no two birth dates differ that the item says and that its numbers tell."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A delivery whose items are ready to be decided."""

    arrived: Arrived
    items: tuple[PreparedItem, ...]
