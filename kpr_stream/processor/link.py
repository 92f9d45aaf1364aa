"""Link: person keys that seem to be of one person, and what takes such a link back. Pure.

Two ids in one item are a link that rests on that item. The EPJ's own person is an id too; where
it had another person key before, the two are a link that rests on it: a child that had a D-number
first, a number that was exchanged. Nothing follows from links of links, and no link where the
birth dates are known to disagree.

A link that has lost what it rests on is withdrawn: the item was corrected or deleted, so a
mistyped number leaves nothing that stands. It comes back with the next item that names both ids.
What an operator has withdrawn does not.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from kpr_stream.keys.pseudonym import IdKind
from kpr_stream.model import topics
from kpr_stream.model.delivery import Arrived, PreparedItem, SourceRecord
from kpr_stream.model.link import Evidence, Pair, Withdrawal
from kpr_stream.model.output import OutputRecord
from kpr_stream.processor.decide import Version
from kpr_stream.processor.desk import Desk
from kpr_stream.processor.remember import person_entry_key, read_person
from kpr_stream.processor.remember_links import (
    KnownLink,
    first_and_second,
    link_entry_key,
    links_of,
    other_entry_key,
    read_link,
    read_version,
    rests_entry_key,
)
from kpr_stream.schemas import wire
from kpr_stream.schemas.header import NO_KEY, HeaderStatus, LedgerHeader

_DATED = (IdKind.FNR, IdKind.DNR)
_AT_FIRST = Version(0, 0)


class _Said(NamedTuple):
    """Who says something of a link, and when."""

    source: SourceRecord
    version: Version = _AT_FIRST


def pairs_of(
    desk: Desk, arrived: Arrived, item: PreparedItem, person: bytes | None
) -> tuple[Pair, ...]:
    """The pairs of person keys that an item names, one for each of its other ids."""
    if person is None:
        return ()
    return tuple(Pair(person, o) for o in desk.emitter.other_keys(arrived.envelope, item))


def link_item(
    desk: Desk, arrived: Arrived, item: PreparedItem, *, item_key: bytes, pairs: Sequence[Pair]
) -> None:
    """Links that an item's ids make, given as ``pairs_of`` tells them. Call it once what the item
    is about has been written."""
    envelope = arrived.envelope
    said = _Said(arrived.source, Version(envelope.extracted_at, envelope.sequence))
    for one, pair in zip(item.other_ids, pairs, strict=False):
        if item.births_disagree and one.kind in _DATED:
            continue
        made = _make(desk, said, pair, Evidence.SAME_ITEM, item_key)
        if made and one.kind is IdKind.LOCAL:
            _link_to_the_one_before(desk, said, pair.person, local=pair.other)


def unlink_item(
    desk: Desk, source: SourceRecord, item_key: bytes, *, still: Collection[Pair] = ()
) -> None:
    """Withdraw links that rest on an item which does not name both ids any more; ``still``: those
    that it names."""
    for pair in _resting_on(desk, item_key):
        if pair not in still:
            _withdraw(desk, source, pair, Evidence.SAME_ITEM, item_key, Withdrawal.EVIDENCE_GONE)


def unlink_born_otherwise(desk: Desk, source: SourceRecord, person: bytes) -> None:
    """Withdraw a person's links to those who are now known to be born on another day."""
    found = [Pair(*first_and_second(k)) for k, _ in desk.overlay.entries_from(links_of(person))]
    for entry_key, _ in desk.overlay.entries_from(other_entry_key(person)):
        found.append(Pair(*first_and_second(entry_key)).turned)
    wrong = [
        (pair, _evidence(desk, known.rests_on), known.rests_on)
        for pair in found
        if (known := known_link(desk, pair)) and not known.by_operator
        if known.stands and _born_otherwise(desk, pair)
    ]
    for pair, evidence, rests_on in wrong:
        if (known := known_link(desk, pair)) and known.stands:
            _withdraw(desk, source, pair, evidence, rests_on, Withdrawal.BIRTH_DATES)


def withdraw_by_operator(desk: Desk, source: SourceRecord, pair: Pair) -> bool:
    """Withdraw a link for good, also one that is not known here: no item brings it back. False if
    that was done before."""
    known = known_link(desk, pair)
    if known and known.by_operator and not known.stands:
        return False
    _withdraw(desk, source, pair, Evidence.OPERATOR, NO_KEY, Withdrawal.OPERATOR)
    return True


def restore_by_operator(desk: Desk, source: SourceRecord, pair: Pair) -> bool:
    """Take an operator's withdrawal back; False if there is none."""
    known = known_link(desk, pair)
    if known is None or known.stands or not known.by_operator:
        return False
    _write(desk, _Said(source), pair, Evidence.OPERATOR, NO_KEY)
    return True


def known_link(desk: Desk, pair: Pair) -> KnownLink | None:
    """What is known of a link, in this order of its keys."""
    entry = desk.overlay.get(link_entry_key(pair))
    return read_link(entry) if entry else None


def _link_to_the_one_before(desk: Desk, said: _Said, person: bytes, *, local: bytes) -> None:
    """Link a person to whom the EPJ's own person was last, if to anybody else."""
    others = [
        (read_version(version), first_and_second(entry_key)[1])
        for entry_key, version in desk.overlay.entries_from(other_entry_key(local))
        if first_and_second(entry_key)[1] != person
    ]
    if others:
        _make(desk, said, Pair(person, max(others)[1]), Evidence.SAME_LOCAL_PERSON, local)


def _make(desk: Desk, said: _Said, pair: Pair, evidence: Evidence, rests_on: bytes) -> bool:
    """Write a link, unless it stands, was withdrawn by an operator, or cannot be."""
    for known in (known_link(desk, either) for either in (pair, pair.turned)):
        if known and (known.stands or known.by_operator):
            return False
    if _born_otherwise(desk, pair):
        return False
    _write(desk, said, pair, evidence, rests_on)
    return True


def _withdraw(
    desk: Desk,
    source: SourceRecord,
    pair: Pair,
    evidence: Evidence,
    rests_on: bytes,
    why: Withdrawal,
) -> None:
    _write(desk, _Said(source), pair, evidence, rests_on, why)
    # What was concluded from the EPJ's own person being this one is gone with it.
    local, gone = pair.other, Withdrawal.EVIDENCE_GONE
    for concluded in _resting_on(desk, local):
        if pair.person in concluded:
            _write(desk, _Said(source), concluded, Evidence.SAME_LOCAL_PERSON, local, gone)


def _evidence(desk: Desk, rests_on: bytes) -> Evidence:
    """Of a link that stands: somebody is linked to an EPJ's own person, nobody to an item."""
    linked_to = list(desk.overlay.entries_from(other_entry_key(rests_on)))
    return Evidence.SAME_LOCAL_PERSON if linked_to else Evidence.SAME_ITEM


def _resting_on(desk: Desk, what: bytes) -> list[Pair]:
    found = desk.overlay.entries_from(rests_entry_key(what))
    return [Pair(*first_and_second(entry_key)) for entry_key, _ in found]


def _born_otherwise(desk: Desk, pair: Pair) -> bool:
    marks = {read_person(desk.overlay.get(person_entry_key(key)))[1] for key in pair}
    return len(marks - {NO_KEY}) == len(pair)


def _write(
    desk: Desk,
    said: _Said,
    pair: Pair,
    evidence: Evidence,
    rests_on: bytes,
    why: Withdrawal | None = None,
) -> None:
    source = said.source
    key = desk.emitter.pseudonyms.link_key(pair.person, pair.other).hex()
    record = {
        "link_key": key,
        "person_key": pair.person.hex(),
        "other_key": pair.other.hex(),
        "evidence": evidence.value,
        "withdrawn": why is not None,
        "withdrawn_because": why.value if why else None,
        "changed_at": source.received_at,
    }
    header = LedgerHeader(
        source.topic_index,
        source.offset,
        HeaderStatus.LIVE if why is None else HeaderStatus.DELETED,
        said.version.extracted_at,
        said.version.sequence,
        natural_key=pair.other,
        person_key=pair.person,
        content_hash=rests_on,
    )
    value = wire.encode("identity_link", record)
    desk.write(OutputRecord(topics.IDENTITY_LINK, key.encode(), value, header, source.received_at))
