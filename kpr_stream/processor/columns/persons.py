"""Name the persons of a batch's items: each distinct id is hashed once. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kpr_stream.keys.pseudonym import Pseudonyms
from kpr_stream.model.delivery import PersonId
from kpr_stream.model.person_id import IdKind
from kpr_stream.processor.columns.gather import Rows
from kpr_stream.rights.table import Rights

_NATIONAL = tuple(kind for kind in IdKind if kind is not IdKind.LOCAL)
_NO_SCOPE = ("", "")


class _DistinctId(NamedTuple):
    kind: IdKind
    number: str
    scope: tuple[str, str]
    """Unit and system of a local id."""

    def key(self, pseudonyms: Pseudonyms) -> bytes:
        if self.kind is IdKind.LOCAL:
            return pseudonyms.local_person_key(*self.scope, self.number)
        return pseudonyms.person_key(self.kind, self.number)


@dataclass(frozen=True, slots=True, repr=False)
class Persons:
    """The distinct ids of a batch, and those that each row names, as places in the list of ids."""

    ids: Sequence[_DistinctId]
    keys: Sequence[bytes]
    """The person key of each id."""
    national: Sequence[Sequence[int | None]]
    """By kind, in order of precedence: the id of each row, if it has one."""
    first: Sequence[int | None]
    """The id under which each row is registered."""
    local: Sequence[int | None]
    """The unit's own id of each row's person."""
    several: frozenset[int]
    """Rows that name their person by more than one national id."""
    protected: frozenset[int]
    """Ids with a right or a stop mark."""

    def person(self, at: int) -> PersonId:
        """Return an id as an identity record holds it."""
        return PersonId(self.ids[at].kind, self.ids[at].number)

    def is_local(self, at: int) -> bool:
        """Whether an id is a unit's own."""
        return self.ids[at].kind is IdKind.LOCAL

    def all_of(self, row: int) -> list[int]:
        """Return every id of a row."""
        found = (column[row] for column in (*self.national, self.local))
        return [at for at in found if at is not None]


def name_persons(rows: Rows, pseudonyms: Pseudonyms, rights: Rights) -> Persons:
    """Return the persons of all rows, hashed."""
    places: dict[_DistinctId, int] = {}
    national = []
    for kind in _NATIONAL:
        numbers = rows.column(f"_id_{kind}")
        if any(number is not None for number in numbers):
            national.append(
                [
                    None
                    if number is None
                    else places.setdefault(_DistinctId(kind, number, _NO_SCOPE), len(places))
                    for number in numbers
                ]
            )
    scopes = [(p.arrived.envelope.org_nr, p.arrived.envelope.system) for p in rows.deliveries]
    local = [
        None
        if number is None
        else places.setdefault(_DistinctId(IdKind.LOCAL, number, scopes[delivery]), len(places))
        for number, delivery in zip(rows.column(f"_id_{IdKind.LOCAL}"), rows.delivery, strict=True)
    ]
    first = local
    for column in reversed(national):
        first = [f if at is None else at for at, f in zip(column, first, strict=True)]
    ids = list(places)
    keys = [one.key(pseudonyms) for one in ids]
    several = _several(national)
    protected = _protected(ids, keys, pseudonyms, rights)
    return Persons(ids, keys, national, first, local, several, protected)


def _several(national: Sequence[Sequence[int | None]]) -> frozenset[int]:
    if len(national) < 2:
        return frozenset()
    return frozenset(
        row
        for row, found in enumerate(zip(*national, strict=True))
        if len(found) - found.count(None) > 1
    )


def _protected(
    ids: Sequence[_DistinctId], keys: Sequence[bytes], pseudonyms: Pseudonyms, rights: Rights
) -> frozenset[int]:
    if not rights.persons:
        return frozenset()
    found = {at for at, key in enumerate(keys) if key in rights.persons}
    if rights.stop_marks:
        marks = (pseudonyms.stop_mark(one.kind, one.number, *one.scope) for one in ids)
        found.update(at for at, mark in enumerate(marks) if mark in rights.stop_marks)
    return frozenset(found)
