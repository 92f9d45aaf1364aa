"""Gather the items of a batch's deliveries as one table: a row an item. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any

from kpr_stream.model.delivery import Envelope, Prepared
from kpr_stream.model.words import Operation
from kpr_stream.processor.items.framed import OPERATIONS, Framed, FrameItems


@dataclass(frozen=True, slots=True, repr=False)
class FrameRows:
    """The rows that come from one frame."""

    framed: Framed
    first: int
    """The row of the part's first item in the whole table."""

    @property
    def rows(self) -> range:
        """The rows of the part in the whole table."""
        return range(self.first, self.first + self.framed.sent.height)


@dataclass(frozen=True, slots=True, repr=False)
class Rows:
    """The items of a batch. Lists have one value a row."""

    deliveries: Sequence[Prepared]
    parts: Sequence[FrameRows]
    delivery: list[int]
    """The row's delivery, by its place in ``deliveries``."""
    place: list[int]
    """The item's place in its delivery."""
    in_order: Sequence[int]
    """All rows by delivery and place: the order in which items are decided."""
    local_ids: list[str | None]
    operations: list[Operation]
    rejected: list[bool]
    contents: list[str]
    findings: list[tuple[str, ...]]

    def envelope(self, row: int) -> Envelope:
        """Return the envelope of a row's delivery."""
        return self.deliveries[self.delivery[row]].arrived.envelope

    def column(self, name: str) -> list[Any]:
        """Return the values of a column that every frame has."""
        return list(_joined(part.framed.ready.get_column(name).to_list() for part in self.parts))


def gather(deliveries: Sequence[Prepared]) -> Rows:
    """Return the items of deliveries that are in frames; the others have no items here."""
    frames: dict[int, list[tuple[int, FrameItems]]] = {}
    for number, prepared in enumerate(deliveries):
        if isinstance(prepared.items, FrameItems):
            frames.setdefault(id(prepared.items.framed), []).append((number, prepared.items))
    parts: list[FrameRows] = []
    delivery: list[int] = []
    place: list[int] = []
    for members in frames.values():
        parts.append(FrameRows(_together([items for _, items in members]), len(delivery)))
        for number, items in members:
            delivery.extend(repeat(number, len(items)))
            place.extend(range(len(items)))
    rows = range(len(delivery))
    return Rows(
        deliveries=deliveries,
        parts=parts,
        delivery=delivery,
        place=place,
        in_order=rows if len(parts) == 1 else sorted(rows, key=lambda r: (delivery[r], place[r])),
        local_ids=list(_joined(p.framed.ready.get_column("_local_id").to_list() for p in parts)),
        operations=[
            OPERATIONS.get(word, Operation.KEEP)
            for part in parts
            for word in part.framed.sent.get_column("operation").to_list()
        ],
        rejected=[row in part.framed.rejected for part in parts for row in range(len(part.rows))],
        contents=list(_joined(p.framed.ready.get_column("_content").to_list() for p in parts)),
        findings=list(_joined(part.framed.findings for part in parts)),
    )


def _together(members: Sequence[FrameItems]) -> Framed:
    """Return the rows of some deliveries of one frame."""
    framed = members[0].framed
    rows = list(_joined(range(items.first, items.first + len(items)) for items in members))
    whole = len(rows) == framed.sent.height and rows == list(range(len(rows)))
    return framed if whole else framed.take(rows)


_joined = chain.from_iterable
