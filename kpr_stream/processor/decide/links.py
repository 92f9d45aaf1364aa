"""Link: which keys may be of one person, by what is said of them. Pure.

An item that names its person by several national ids is evidence that they are of one person, for
as long as it stands and says so. So is a person of a unit's system whom it reports under one
national id and later under another: a D-number and then a fødselsnummer, a fødselsnummer and then
another. Each link has evidence of its own, so none follows from two others; and where two birth
dates are known and differ, there is none.

A link changes nothing but itself: no person key, no natural key, no record of a consultation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import combinations
from typing import NamedTuple

from kpr_stream.model.header import NO_KEY
from kpr_stream.model.link import Pair, Withdrawal, pair_of
from kpr_stream.processor.state.known import ContentVersion, KnownId


class Named(NamedTuple):
    """By which keys an item names its person."""

    person: bytes
    """The one it is registered under."""
    national: tuple[bytes, ...]
    """All of its national ids."""
    local: bytes | None
    """The unit's own id of the person."""
    agree: bool
    """Whether no two birth dates that the item and its ids say differ."""
    born: bytes
    """Keyed hash of the birth date, comparable among the ids of that person; NO_KEY if unknown."""


class Change(NamedTuple):
    """A link that is to stand, or why it is withdrawn."""

    pair: Pair
    withdrawn: Withdrawal | None


def of_item(named: Named | None, known: Mapping[Pair, bool], *, deleted: bool) -> Iterator[Change]:
    """What becomes of the links that one item is evidence of. ``named`` is what it says now, None
    if it says nothing any more; ``known`` tells of each link it has been evidence of whether that
    stands."""
    every = {pair_of(*two) for two in combinations(set(named.national), 2)} if named else set()
    said = every if named and named.agree else set()
    for pair in sorted(said):
        if not known.get(pair):
            yield Change(pair, None)
    for pair, stands in sorted(known.items()):
        if stands and pair not in said:
            yield Change(pair, _why(pair, every, deleted=deleted))


def is_new(before: KnownId | None, named: Named, version: ContentVersion) -> bool:
    """Whether an item says something new of the national id of a unit's own person."""
    if before is None:
        return True
    return named.born not in {NO_KEY, before.born} and version >= before.version


def of_local_person(
    named: Named, others: Mapping[bytes, KnownId], known: Mapping[Pair, bool]
) -> Iterator[Change]:
    """What becomes of the links between an id and the ``others`` of the same local person."""
    for other, called in sorted(others.items()):
        if other == named.person:
            continue
        pair = pair_of(named.person, other)
        agree = NO_KEY in {named.born, called.born} or named.born == called.born
        if agree and not known.get(pair):
            yield Change(pair, None)
        elif not agree and known.get(pair):
            yield Change(pair, Withdrawal.BIRTH_DATES)


def _why(pair: Pair, named: Collection[Pair], *, deleted: bool) -> Withdrawal:
    if deleted:
        return Withdrawal.DELETED
    return Withdrawal.BIRTH_DATES if pair in named else Withdrawal.CORRECTED
