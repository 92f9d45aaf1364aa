"""What a sender under test is asked to send: one JSON file for each order. Pure.

The sender reads the folder of orders in the order of the file names, and carries out each once,
also when it is killed in between. docs/vendor/conformance.md describes the files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from random import Random
from typing import Any, Final

from kpr_stream.model.partition import partition_of
from kpr_stream.model.topics import PARTITIONS
from kpr_stream.model.words import MessageType, Operation, Service
from kpr_stream.simulate.identifiers import IdPool, org_numbers

DELIVER, RESUME, RENUMBER = "deliver", "resume", "renumber"
MUNICIPALITY: Final = "0301"
FIRST_DAY: Final = date(2025, 1, 7)
BORN: Final = date(2024, 11, 26)
LOCAL_ID: Final = "konsultasjon-æøå"
"""Begins every local id: letters that are not ASCII, and that a search in clear text finds."""


class Content(StrEnum):
    """The kinds of delivery that are ordered."""

    CONSULTATIONS = "consultations"
    APPOINTMENTS = "appointments"
    DELETES = "deletes"
    QUIET_DAY = "quiet day"
    REJECTED = "rejected"


@dataclass(slots=True)
class Orders:
    """Makes orders; no two have the same content. The same seed gives the same orders."""

    seed: int = 1
    _made: int = 0
    _pool: IdPool = field(default_factory=IdPool)
    _units: Iterator[str] = field(default_factory=org_numbers)
    persons: list[str] = field(default_factory=list)
    """Every person's id that was ordered: none may be seen in clear."""

    def unit(self) -> str:
        """Return a unit that no order had yet."""
        return next(self._units)

    def unit_of_each_lane(self) -> list[str]:
        """Return new units, one for each partition."""
        found: dict[int, str] = {}
        while len(found) < PARTITIONS:
            unit = self.unit()
            found.setdefault(partition_of(unit), unit)
        return [found[lane] for lane in sorted(found)]

    def deliver(
        self, org_nr: str, content: Content = Content.CONSULTATIONS, *, items: int = 2
    ) -> dict[str, Any]:
        """Return the order of one delivery."""
        self._made += 1
        day = FIRST_DAY + timedelta(days=self._made)
        appointments = content is Content.APPOINTMENTS
        count = 0 if content is Content.QUIET_DAY else items
        return {
            "order": DELIVER,
            "org_nr": org_nr,
            "municipality_code": MUNICIPALITY,
            "message_type": str(
                MessageType.APPOINTMENT if appointments else MessageType.CONSULTATION
            ),
            "period_from": day.isoformat(),
            "period_to": day.isoformat(),
            "items": [self._item(content, day, place) for place in range(count)],
        }

    def _item(self, content: Content, day: date, place: int) -> dict[str, Any]:
        local_id = f"{LOCAL_ID}-{self._made}-{place}"
        if content is Content.DELETES:
            return {"operation": str(Operation.DELETE), "consultation_id": local_id}
        start = datetime(day.year, day.month, day.day, 8 + place % 8, 15, tzinfo=UTC)
        person = {
            "start": start.isoformat().replace("+00:00", "Z"),
            "start_offset_minutes": 60,
            "fnr": self._person(),
            "birth_date": BORN.isoformat(),
            "sex": "2",
        }
        if content is Content.REJECTED:
            # An item without a start is rejected, and the delivery is not.
            del person["start"]
        if content is Content.APPOINTMENTS:
            return {"operation": str(Operation.UPSERT), "appointment_id": local_id, **person}
        return {
            "operation": str(Operation.UPSERT),
            "consultation_id": local_id,
            "service": str(Service.HELSESTASJON_0_5),
            "time_precision": "minute",
            "consultation_type": "INDIVIDUELL",
            "contact_form": "PERSONLIG",
            "attendance": "MOTT",
            "programme_step": "6U",
            "practitioner_roles": ["HELSESYKEPLEIER"],
            "weight_g": 4710 + place,
            "length_mm": 560,
            "length_position": "LIGGENDE",
            "breastfeeding": "FULLAMMET",
            **person,
        }

    def _person(self) -> str:
        random = Random(f"{self.seed}-{len(self.persons)}")  # noqa: S311 - invented persons
        born = BORN - timedelta(days=len(self.persons) % 20)
        found = self._pool.national_id(random, born, male=False, d_number=False)
        if found is None:
            raise AssertionError("twenty days have more numbers than a run orders")
        self.persons.append(found)
        return found


def resume(org_nr: str) -> dict[str, Any]:
    """Return the order that says: the cause of this unit's hold is gone."""
    return {"order": RESUME, "org_nr": org_nr}


def renumber(org_nr: str) -> dict[str, Any]:
    """Return the order that says: a person decided to send this stopped unit's content again.

    The unit asks with a hello, and sends what was not taken in new deliveries.
    """
    return {"order": RENUMBER, "org_nr": org_nr}


def equal_items(ordered: Mapping[str, Any], sent: Mapping[str, Any]) -> list[str]:
    """Return the names of the fields in which a sent item differs from the ordered one."""
    return sorted(
        name for name in {*ordered, *sent} if _plain(sent.get(name)) != _plain(ordered.get(name))
    )


def _plain(value: Any) -> Any:  # noqa: ANN401 - any JSON value, date or time
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return None if value == [] else value
