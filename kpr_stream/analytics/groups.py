"""Unite linked person keys to persons. Pure.

A link says that two keys may be of one person, and merges nothing (docs/adr/0130). Here the links
are followed, so a group is dropped rather than guessed at: twins must never become one person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from kpr_stream.model.person_id import IdKind

ONE_PER_PERSON = (IdKind.FNR, IdKind.DNR, IdKind.DUF)
"""Kinds of number of which a person has one. Two of a kind are two persons. An emergency number
(fh) is given at each visit without a better one, and a local id in each unit's system."""


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What is known of a person key; None where nothing is."""

    id_kind: str | None = None
    birth_week: date | None = None
    """The Monday of the ISO week of birth."""
    sex: str | None = None


def linked_groups(
    keys: Mapping[UUID, KeyFacts], links: Iterable[tuple[UUID, UUID]]
) -> dict[UUID, UUID]:
    """Return the group of every key: the connected keys, named by the best one of them.

    A link between two keys that cannot be of one person is ignored. Keys that contradict each
    other over others' links each remain alone. The result depends on the set of links alone.
    """
    near: dict[UUID, list[UUID]] = defaultdict(list)
    for one, other in links:
        if is_one_person((keys[one], keys[other])):
            near[one].append(other)
            near[other].append(one)
    group_of: dict[UUID, UUID] = {}
    for key in keys:
        if key in group_of:
            continue
        members = _connected(key, near)
        if is_one_person([keys[member] for member in members]):
            best = min(members, key=lambda member: (_rank(keys[member]), member))
            group_of.update(dict.fromkeys(members, best))
        else:
            group_of.update({member: member for member in members})
    return group_of


def is_one_person(facts: Iterable[KeyFacts]) -> bool:
    """Return whether keys may be of one person: one week of birth, one sex, one number a kind."""
    known = list(facts)
    weeks = {one.birth_week for one in known} - {None}
    sexes = {one.sex for one in known} - {None}
    kinds = [one.id_kind for one in known if one.id_kind in ONE_PER_PERSON]
    return len(weeks) <= 1 and len(sexes) <= 1 and len(kinds) == len(set(kinds))


def _connected(key: UUID, near: Mapping[UUID, list[UUID]]) -> set[UUID]:
    found, waiting = {key}, [key]
    while waiting:
        for other in near.get(waiting.pop(), ()):
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found


def _rank(facts: KeyFacts) -> int:
    """Return the place of a key's kind in the order of precedence of ids; an unknown kind last."""
    kinds = tuple(kind.value for kind in IdKind)
    return kinds.index(facts.id_kind) if facts.id_kind in kinds else len(kinds)
