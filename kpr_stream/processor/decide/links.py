"""Links: which keys may be of one person, by what units report. Pure.

An item that names its person by several national ids is evidence that they are of one person, as
long as the item is live and names them. So is a person of a unit's system who is reported under
one national id and later under another: a D-number and then a fødselsnummer, or a fødselsnummer
and then another one. Each link has evidence of its own, so none follows from two others. Two ids
whose birth dates are known and differ are not linked.

A link changes nothing but itself: no person key, no natural key, no consultation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import combinations
from typing import NamedTuple

from kpr_stream.model.header import NO_KEY
from kpr_stream.model.link import Pair, Withdrawal, pair_of
from kpr_stream.processor.state.known import ContentVersion, KnownId


class NamedPerson(NamedTuple):
    """The keys by which an item names its person."""

    person: bytes
    """The key that the item is registered under."""
    national: tuple[bytes, ...]
    """The keys of all its national ids."""
    local: bytes | None
    """The key of the unit's own id of the person."""
    agree: bool
    """Whether all birth dates that the item and its ids state agree."""
    born: bytes
    """Keyed hash of the birth date, comparable among the ids of that person; NO_KEY if unknown."""


class LinkChange(NamedTuple):
    """A link that becomes live, or the reason why it is withdrawn."""

    pair: Pair
    withdrawn: Withdrawal | None


def changes_of_item(
    named: NamedPerson | None, known: Mapping[Pair, bool], *, deleted: bool
) -> Iterator[LinkChange]:
    """Yield what changes in the links that one item is evidence of.

    ``named`` is what the item says now; None if it names nobody (any more). ``known`` has every
    link that the item has been evidence of, and whether the link is live.
    """
    every = {pair_of(*two) for two in combinations(set(named.national), 2)} if named else set()
    supported = every if named and named.agree else set()
    for pair in sorted(supported):
        if not known.get(pair):
            yield LinkChange(pair, None)
    for pair, live in sorted(known.items()):
        if live and pair not in supported:
            yield LinkChange(pair, _reason(pair, every, deleted=deleted))


def changes_of_local_person(
    named: NamedPerson, others: Mapping[bytes, KnownId], known: Mapping[Pair, bool]
) -> Iterator[LinkChange]:
    """Yield what changes in the links between an id and the ``others`` of one local person."""
    for other, known_id in sorted(others.items()):
        if other == named.person:
            continue
        pair = pair_of(named.person, other)
        agree = NO_KEY in {named.born, known_id.born} or named.born == known_id.born
        if agree and not known.get(pair):
            yield LinkChange(pair, None)
        elif not agree and known.get(pair):
            yield LinkChange(pair, Withdrawal.BIRTH_DATES)


def is_new(before: KnownId | None, named: NamedPerson, version: ContentVersion) -> bool:
    """Whether an item reports something new about the national id of a unit's own person."""
    if before is None:
        return True
    return named.born not in {NO_KEY, before.born} and version >= before.version


def _reason(pair: Pair, named: Collection[Pair], *, deleted: bool) -> Withdrawal:
    if deleted:
        return Withdrawal.DELETED
    return Withdrawal.BIRTH_DATES if pair in named else Withdrawal.CORRECTED
