"""The judged and enriched items of a frame: in columns, and as single items where those are needed.

Most items of a large batch are decided in columns. Making an object for every item costs as much
as all rules and enrichment, so a frame makes its items only when one is asked for. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

import polars as pl

from kpr_stream.model.delivery import PersonId, PreparedItem
from kpr_stream.model.person_id import IdKind
from kpr_stream.model.words import MessageType, Operation
from kpr_stream.schemas.rows import Row, by_column

OPERATIONS: Mapping[str, Operation] = {operation.value: operation for operation in Operation}
"""Any other word is rejected by a rule."""
_KINDS = tuple(IdKind)


@dataclass(slots=True, repr=False, kw_only=True)
class Framed:
    """The items of a frame; all columns and lists have one value an item."""

    message_type: MessageType
    indexes: Sequence[int]
    """Place of each item in its delivery."""
    sent: pl.DataFrame
    """The contract's columns."""
    ready: pl.DataFrame
    """The content of the cleaned records; what else is known is in columns named ``_…``."""
    findings: Sequence[tuple[str, ...]]
    warnings: Sequence[tuple[str, ...]]
    set_aside: Sequence[tuple[str, ...]]
    rejected: frozenset[int]
    """Rows of the items that a rule rejects."""
    _items: list[PreparedItem] | None = field(default=None, init=False)

    def take(self, rows: Sequence[int], indexes: Sequence[int] | None = None) -> Framed:
        """Return some rows as a frame of its own; ``indexes`` are their places, if others."""
        return Framed(
            message_type=self.message_type,
            indexes=[self.indexes[row] for row in rows] if indexes is None else indexes,
            sent=self.sent[rows],
            ready=self.ready[rows],
            findings=[self.findings[row] for row in rows],
            warnings=[self.warnings[row] for row in rows],
            set_aside=[self.set_aside[row] for row in rows],
            rejected=frozenset(at for at, row in enumerate(rows) if row in self.rejected),
        )

    def items(self) -> list[PreparedItem]:
        """Return all items; they are made at the first call."""
        if self._items is None:
            self._items = list(self._made())
        return self._items

    def _made(self) -> Iterator[PreparedItem]:
        raw = {row: self.sent.row(row, named=True) for row in self.rejected}
        ready, height = self.ready, self.sent.height
        persons = self._persons()
        # By position, in the order of the fields: keywords would cost a dictionary an item.
        return map(
            PreparedItem,
            self.indexes,
            [OPERATIONS.get(word, Operation.KEEP) for word in self.sent["operation"].to_list()],
            ready.get_column("_local_id").to_list(),
            [row in self.rejected for row in range(height)],
            self.findings,
            ready.get_column("_content").to_list(),
            [ids[0] if ids else None for ids in persons],
            ready.get_column("_birth_date").to_list(),
            ready.get_column("_sex").to_list(),
            ready.get_column("_start_minute").to_list(),
            ready.get_column("_group_id").to_list(),
            self._cleaned(),
            [raw.get(row) for row in range(height)],
            [ids[1:] for ids in persons],
            ready.get_column("_births_agree").to_list(),
        )

    def _persons(self) -> list[tuple[PersonId, ...]]:
        columns = [self.ready.get_column(f"_id_{kind}").to_list() for kind in _KINDS]
        return [
            tuple([PersonId(k, n) for k, n in zip(_KINDS, row, strict=True) if n is not None])
            for row in zip(*columns, strict=True)
        ]

    def _cleaned(self) -> list[Row]:
        columns: dict[str, Sequence[Any]] = {
            c.name: c.to_list() for c in self.ready.iter_columns() if not c.name.startswith("_")
        }
        columns |= {"warnings": self.warnings, "set_aside": self.set_aside}
        return by_column(self.message_type, columns, self.ready.height)


class FrameItems(Sequence[PreparedItem]):
    """The items of one delivery in a frame. A copy for another process is a plain tuple."""

    __slots__ = ("first", "framed", "size")

    def __init__(self, framed: Framed, first: int, size: int) -> None:
        """``first`` is the row of the first item."""
        self.framed, self.first, self.size = framed, first, size

    def __len__(self) -> int:
        return self.size

    @overload
    def __getitem__(self, place: int) -> PreparedItem: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[PreparedItem]: ...
    def __getitem__(self, place: int | slice) -> PreparedItem | Sequence[PreparedItem]:
        return self._all()[place]

    def __iter__(self) -> Iterator[PreparedItem]:
        return iter(self._all())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment] # a sequence of values that are not hashable

    def __reduce__(self) -> tuple[Any, ...]:
        return tuple, (self._all(),)

    def _all(self) -> list[PreparedItem]:
        return self.framed.items()[self.first : self.first + self.size]


def by_delivery(framed: Framed, counts: Sequence[int]) -> Iterator[Sequence[PreparedItem]]:
    """Yield the items of each delivery; ``counts`` has how many each has."""
    first = 0
    for count in counts:
        yield FrameItems(framed, first, count) if count else ()
        first += count
