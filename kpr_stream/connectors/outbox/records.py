"""Name what an outbox takes and gives: deliveries, hellos, totals. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from kpr_stream.model.words import OUTCOMES


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A delivery to be kept.

    ``record`` is its Avro record; only the attempt in it changes from one sending to the next.
    ``contents`` says where its items come from (``delivery/contents.py``).
    """

    delivery_id: str
    org_nr: str
    sequence: int
    item_count: int
    record: bytes
    contents: bytes = b""


@dataclass(frozen=True, slots=True)
class SentResource:
    """A resource that was sent: for which unit, as which local id, and the digest of its item."""

    org_nr: str
    local_id: str | None
    digest: bytes


@dataclass(frozen=True, slots=True)
class NewResource:
    """A resource that is sent now, in a delivery up to ``sequence`` of its unit."""

    resource: str
    org_nr: str
    local_id: str | None
    digest: bytes
    sequence: int


@dataclass(frozen=True, slots=True)
class ReadyDelivery:
    """A delivery to be sent now, with the number of this attempt."""

    delivery_id: str
    org_nr: str
    sequence: int
    attempt: int
    record: bytes


@dataclass(frozen=True, slots=True)
class Hello:
    """A unit whose next sequence is asked for."""

    org_nr: str
    municipality_code: str
    hello_id: str
    attempt: int


@dataclass(slots=True)
class DeliveryTotals:
    """Deliveries that were answered, their items, and those items by outcome."""

    deliveries: int = 0
    items: int = 0
    outcomes: dict[str, int] = field(default_factory=lambda: {str(o): 0 for o in OUTCOMES})
