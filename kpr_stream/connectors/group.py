"""Parts of a document on their way into the outbox. Pure.

``Group`` is what is kept in one transaction.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from kpr_stream.connectors.delivery.number import Numbered
from kpr_stream.connectors.delivery.pack import Packed
from kpr_stream.connectors.export.left_out import LeftOut
from kpr_stream.connectors.mapping.unmapped import UnmappedCode
from kpr_stream.connectors.outbox.records import NewDelivery, NewResource
from kpr_stream.connectors.source.interface import Extent, Made, UnitPart


@dataclass(slots=True)
class Ready:
    """A part whose items are mapped; packed when it is known which of them changed."""

    part: UnitPart
    made: Made
    payloads: tuple[Packed, ...] = ()
    span: Extent | None = None
    """The days, if they are others than the document's."""


@dataclass(slots=True)
class Group:
    """Parts that are kept in one transaction, and what of them is not sent."""

    ready: list[Ready] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)
    """Units that failed in this document or an earlier one; they are read again in the next run."""
    unmapped: Counter[UnmappedCode] = field(default_factory=Counter)
    last: bool = False


@dataclass(slots=True)
class DocumentProgress:
    """What is known of a document while its groups are kept one after another."""

    left_out: set[str] = field(default_factory=set)
    silent: dict[str, UnitPart] = field(default_factory=dict)
    """Units for which nothing was kept yet; at the end each reports a quiet day."""
    spoke: set[str] = field(default_factory=set)
    items: int = 0
    """Items that were kept."""


def new_delivery(one: Numbered) -> NewDelivery:
    return NewDelivery(
        *(one.delivery_id, one.org_nr, one.sequence, one.item_count), *(one.record, one.contents)
    )


def new_resources(ready: list[Ready], sealed: list[list[Numbered]]) -> list[NewResource]:
    """Return the resources of parts that got a number, with the last delivery of their part."""
    return [
        NewResource(
            found.resource,
            one.part.org_nr,
            found.local_id,
            found.digest,
            deliveries[-1].sequence,
        )
        for one, deliveries in zip(ready, sealed, strict=True)
        if deliveries
        for found in one.made.prints
    ]
