"""What columns have decided of a delivery's items, and how it is joined with the other items. Pure.

Plain items are decided for a whole batch at once (``columns/``). All other items of a delivery are
decided one by one. Records of both are written in the order in which they would be written if all
items were decided one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from kpr_stream.model.delivery import PreparedItem
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.words import Outcome
from kpr_stream.processor.emit.receipt import AnsweredItem
from kpr_stream.processor.state.entries import Entries

BEFORE_ALL: Final = -1
"""The place of what a delete causes: deletes are decided first."""


class Placed(NamedTuple):
    """A record, and the place in its delivery of the item that it follows from."""

    place: int
    record: OutputRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainItems:
    """The plain items of one delivery, and the others, which nothing is decided of yet."""

    outcomes: Sequence[Outcome | None]
    """Of each item of the delivery; None if the item is decided one by one."""
    others: Sequence[PreparedItem]
    """The items that are decided one by one, in their order."""
    places: Sequence[int]
    """The place of each of these in the delivery."""
    identities: Sequence[Placed] = ()
    records: Sequence[Placed] = ()
    """Cleaned records and the unit's own ids, in the order of their items."""
    entries: Entries
    """Ledger entries of all these records; no other item of the batch asks for any of them."""
    answered: Sequence[AnsweredItem] = ()
    """What the receipt lists of the plain items, in their order."""


Plan = Mapping[tuple[int, int], PlainItems]
"""The plain items of each delivery of a batch, by topic index and offset of its record.

A plan holds only if each of these deliveries is processed."""


def one_by_one(items: Sequence[PreparedItem]) -> PlainItems:
    """Return the items of a delivery with nothing decided."""
    return PlainItems(
        outcomes=[None] * len(items), others=items, places=range(len(items)), entries={}
    )


def all_outcomes(plain: PlainItems, others: Sequence[Outcome]) -> list[Outcome]:
    """Return the outcome of every item; ``others`` are those of the items decided one by one."""
    rest = iter(others)
    return [next(rest) if outcome is None else outcome for outcome in plain.outcomes]


class Joining:
    """Writes placed records to a batch's outputs, up to the place that the other items are at."""

    def __init__(self, placed: Sequence[Placed], outputs: list[OutputRecord]) -> None:
        self._placed, self._outputs = placed, outputs
        self._written = 0

    def write_before(self, place: int) -> None:
        """Write the records of items before a place."""
        while self._written < len(self._placed) and self._placed[self._written].place < place:
            self._outputs.append(self._placed[self._written].record)
            self._written += 1

    def write_rest(self) -> None:
        """Write all others."""
        self._outputs.extend(one.record for one in self._placed[self._written :])
        self._written = len(self._placed)
