"""Consultations as a nation reports them, and the rights of its persons.

One consultation in four is of a person who is new to the register. Some persons have rights, and
most of those who have are not in a batch.
"""

from __future__ import annotations

from datetime import date, timedelta
from hashlib import sha256
from typing import Any, Final

from kpr_stream.keys.pseudonym import Pseudonyms
from kpr_stream.model.person_id import KEY_BYTES, IdKind
from kpr_stream.rights.table import PersonRights, Reservation, Rights
from tests.support.deliveries import consultation
from tests.support.receiver import keys

VISITS: Final = 4
"""Consultations of a person, four weeks apart: the more, the fewer identities are written."""
_FIRST: Final = 8_100
"""Persons with a lower number have their last visit after the time of the deliveries."""
_SET_ASIDE: Final = 25
"""One of so many items has a value that is set aside and reported."""
_RESERVED: Final = 500
"""One of so many persons has reserved something."""
_OTHERS: Final = 20_000
_STOPPED: Final = 200
"""Persons outside the batches who have reserved something, and who were erased."""


def visits(count: int, first: int = 0) -> list[dict[str, Any]]:
    """Consultations with ids of their own, four of each person; ``first`` are before these."""
    return [_visit(*divmod(n, VISITS)) for n in range(first, first + count)]


def later_visits(count: int, first: int, after: int = 0) -> list[dict[str, Any]]:
    """More consultations of the persons whose first visits begin at number ``first``.

    Each person has two, ``after`` visits after the last one of ``visits``.
    """
    found = []
    for n in range(count):
        person, visit = first // VISITS + n // 2, VISITS + after + n % 2
        found.append(_visit(person, visit) | {"consultation_id": f"l-{person}-{visit}"})
    return found


def rights(items: int, pseudonyms: Pseudonyms | None = None) -> Rights:
    """The rights in force while ``items`` visits are received; the tests' keys unless given."""
    person_key = (pseudonyms or keys().pseudonyms).person_key
    here = (
        person_key(IdKind.FNR, consultation(_FIRST + person)["fnr"])
        for person in range(0, items // VISITS, _RESERVED)
    )
    reserved = PersonRights((Reservation("weight", date(2017, 1, 1), None),))
    erased = {key: PersonRights(erased=True, stop_mark=key) for key in _keys("erased", _STOPPED)}
    persons = dict.fromkeys([*here, *_keys("reserved", _OTHERS)], reserved) | erased
    return Rights(offset=1, persons=persons, stop_marks=frozenset(erased))


def _visit(person: int, visit: int) -> dict[str, Any]:
    number = person * VISITS + visit
    item = consultation(
        _FIRST + person,
        consultation_id=f"k-{number}",
        duration_minutes=20 + visit,
        length_mm=560 + 20 * visit + person % 7,
        head_circumference_mm=380 + 12 * visit + person % 11,
        **({"programme_step": None} if visit else {}),
    )
    item["start"] += timedelta(days=28 * visit)
    item["weight_g"] = 30 if number % _SET_ASIDE == 0 else item["weight_g"] + 700 * visit
    return item


def _keys(kind: str, count: int) -> list[bytes]:
    return [sha256(f"{kind}|{n}".encode()).digest()[:KEY_BYTES] for n in range(count)]
