"""Hold all reservations and erasures of ``kpr.rights`` up to one offset, and apply them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from kpr_stream.errors import WireFormatError
from kpr_stream.model.person_id import KEY_BYTES
from kpr_stream.rights.kinds import KINDS, ReservationKind
from kpr_stream.schemas import wire

FieldOf = Callable[[str], str]
"""Gives the JSON pointer to the field that a rule checks."""

_EPOCH = date(1970, 1, 1)
_LISTS = ("warnings", "set_aside")
"""Lists of rules and fields, which would reveal that a value existed."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """A reservation of one kind of data, for consultations in [start, revoked)."""

    kind: str
    start: date
    revoked: date | None

    def applies_on(self, day: date | None) -> bool:
        """Return whether the reservation applies to a consultation on a day, or an unknown day."""
        if day is None:
            return True
        return self.start <= day and (self.revoked is None or day < self.revoked)


@dataclass(frozen=True, slots=True)
class PersonRights:
    """One person's reservations and erasure."""

    reservations: tuple[Reservation, ...] = ()
    erased: bool = False
    stop_mark: bytes | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Rights:
    """All of ``kpr.rights`` up to an offset. Immutable: ``with_records`` returns the next state."""

    offset: int = -1
    """Offset of the newest record read; -1 before the first."""
    persons: Mapping[bytes, PersonRights] = field(default_factory=dict)
    stop_marks: frozenset[bytes] = frozenset()
    kinds: tuple[ReservationKind, ...] = KINDS

    def with_records(self, records: Iterable[tuple[int, bytes | None, bytes | None]]) -> Rights:
        """Return the state after more records: offset, key, value.

        WireFormatError if a record cannot be read.
        """
        persons = dict(self.persons)
        offset = self.offset
        for offset, key, value in records:
            person = _key(key, offset)
            persons.pop(person, None)
            if value is not None:
                persons[person] = read_person(value, key=person, offset=offset)
        marks = frozenset(p.stop_mark for p in persons.values() if p.stop_mark is not None)
        return replace(self, offset=offset, persons=persons, stop_marks=marks)

    def is_erased(
        self, person_keys: Collection[bytes], marks: Callable[[], Iterable[bytes]]
    ) -> bool:
        """Return whether the person is erased, by a person key or by a stop mark.

        Nothing of an erased person may be registered. ``marks`` is called only if any stop mark
        exists.
        """
        if any(key in self.persons and self.persons[key].erased for key in person_keys):
            return True
        return bool(self.stop_marks) and not self.stop_marks.isdisjoint(marks())

    def without_reserved(
        self, person_keys: Iterable[bytes], content: Mapping[str, Any], field_of: FieldOf
    ) -> Mapping[str, Any]:
        """Return a cleaned record's content without what its person has reserved.

        A reservation under any of the keys counts. All other fields stay unchanged.
        """
        day = _day(content.get("date"))
        kinds = self._reserved({*person_keys}, day)
        if not kinds:
            return content
        kept = {
            name: None if _covered(kinds, name) else value
            for name, value in content.items()
            if name not in _LISTS
        }
        kept["warnings"] = [
            rule
            for rule in content.get("warnings") or ()
            if not _covered(kinds, field_of(rule).removeprefix("/"))
        ]
        kept["set_aside"] = [
            name for name in content.get("set_aside") or () if not _covered(kinds, name)
        ]
        return kept

    def _reserved(self, keys: Collection[bytes], day: date | None) -> list[ReservationKind]:
        names = {
            reservation.kind
            for key in keys
            if key in self.persons
            for reservation in self.persons[key].reservations
            if reservation.applies_on(day)
        }
        return [k for k in self.kinds if k.name in names and (day is None or day >= k.valid_from)]


def read_person(value: bytes, *, key: bytes, offset: int) -> PersonRights:
    """Read one record of ``kpr.rights``. WireFormatError if unreadable or of another person."""
    try:
        record = wire.decode("rights", value)
    except WireFormatError as cause:
        raise _unreadable(offset, cause.message) from None
    if record["person_key"] != key.hex():
        raise _unreadable(offset, "its value belongs to another person than its key")
    mark = record["stop_mark"]
    try:
        stop_mark = bytes.fromhex(mark) if mark is not None else None
    except ValueError:
        raise _unreadable(offset, "its stop mark is not a keyed hash") from None
    return PersonRights(
        tuple(
            Reservation(r["kind"], _day(r["from"]) or date.min, _day(r["revoked"]))
            for r in record["reservations"]
        ),
        record["erased"],
        stop_mark,
    )


def _key(key: bytes | None, offset: int) -> bytes:
    try:
        person = bytes.fromhex((key or b"").decode("ascii"))
    except ValueError:
        person = b""
    if len(person) != KEY_BYTES:
        raise _unreadable(offset, "its key is not a person key")
    return person


def _day(value: date | int | None) -> date | None:
    return _EPOCH + timedelta(days=value) if isinstance(value, int) else value


def _covered(kinds: Iterable[ReservationKind], name: str) -> bool:
    return any(kind.covers(name) for kind in kinds)


def _unreadable(offset: int, why: str) -> WireFormatError:
    return WireFormatError(
        f"The record at offset {offset} of kpr.rights cannot be used: {why.rstrip('.')}.",
        what_to_do="Write this person's rights again: no lane opens until then.",
        code="UNDECODABLE",
    )
