"""What four systems send: deliveries of many units, made from a seed. Pure but for the clock.

Everything a receiver must tell apart is in it: new items, corrections, deletions, the same again,
older content, items to be rejected, deletion-list entries that say «not deleted», deliveries that
are repeated, too early, reused, empty or do not open, and hellos.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from hashlib import sha256
from itertools import count
from random import Random
from typing import Any, Final
from uuid import UUID

from stdnum.no import orgnr

from kpr_stream.connectors.delivery.pack import Packed
from kpr_stream.connectors.delivery.seal import EMPTY, Heading, close, with_attempt
from kpr_stream.keys.keyring import PublicKey
from kpr_stream.model.partition import partition_of
from kpr_stream.model.topics import PARTITIONS
from kpr_stream.model.words import SYSTEMS, MessageType, System
from kpr_stream.schemas import wire
from tests.faults.harness.sent_log import Item, Sent
from tests.support.deliveries import appointment, consultation, container

UNITS_A_LANE: Final = 2
SYSTEMS_A_UNIT: Final = 2
PEOPLE: Final = 60
HOUR_MS: Final = 3_600_000
LARGE_ITEMS: Final = 120


@dataclass(frozen=True, slots=True)
class Planned:
    """A delivery ready to be produced: what is written down, and the record's value."""

    sent: Sent
    value: bytes


@dataclass(slots=True)
class Unit:
    """One unit and system as its EPJ knows it: what it has sent, and what it will send next."""

    system: System
    org_nr: str
    sequence: int = 1
    items: int = 0
    known: dict[str, list[tuple[str, dict[str, Any] | None]]] = field(default_factory=dict)
    """By message type: (local id, content as last sent; None once deleted)."""
    last: Planned | None = None


class Load:
    """Endless deliveries. ``now`` gives ms since 1970: extraction times follow it."""

    def __init__(self, seed: int, key: PublicKey, now: Callable[[], int]) -> None:
        self._random = Random(seed)
        self._key, self._now = key, now
        self._witness = count(3000)
        self._ids = count(1)
        self.units = list(_units())

    def deliveries(self) -> Iterator[Planned]:
        """One after the other, of units picked at random."""
        while True:
            yield from self.of_unit(self.some_unit())

    def some_unit(self) -> Unit:
        """A unit picked at random."""
        return self._random.choice(self.units)

    def of_unit(self, unit: Unit) -> Iterator[Planned]:
        """What a unit sends next: mostly one delivery, sometimes one that is not taken first."""
        dice = self._random.random()
        if dice < 0.03 and unit.last is not None:
            sent = replace(unit.last.sent, attempt=unit.last.sent.attempt + 1)
            yield Planned(sent, with_attempt(unit.last.value, sent.attempt))
            return
        if dice < 0.05:
            yield self._hello(unit)
            return
        if dice < 0.07:
            yield self._closed(unit, unit.sequence + self._random.randint(1, 9), self._one(unit))
        elif dice < 0.09 and unit.sequence > 1:
            yield self._closed(unit, unit.sequence - 1, self._one(unit))
        elif dice < 0.12:
            # Refused; but its EPJ knows the item, and may say it again.
            yield _broken(self._closed(unit, unit.sequence, self._one(unit)))
        yield self._next(unit)

    def large(self, unit: Unit, number: int) -> Planned:
        """The unit's next delivery, with so many new consultations."""
        items = [item for _ in range(number) for item in self._one(unit)]
        return self._ordinary(unit, items, "consultation")

    def _next(self, unit: Unit) -> Planned:
        message_type = self._pick({"consultation": 4, "appointment": 1})
        number = LARGE_ITEMS if self._random.random() < 0.01 else self._random.randint(0, 6)
        items = [item for _ in range(number) for item in self._items(unit, message_type)]
        return self._ordinary(unit, items, message_type)

    def _ordinary(self, unit: Unit, items: list[dict[str, Any]], message_type: str) -> Planned:
        late = HOUR_MS if self._random.random() < 0.05 else 0
        planned = self._closed(unit, unit.sequence, items, message_type, late=late)
        unit.sequence += 1
        unit.last = planned
        return planned

    def _items(self, unit: Unit, message_type: str) -> list[dict[str, Any]]:
        """One item, or two that belong together. Ids are met once a delivery unless meant."""
        known = unit.known.setdefault(message_type, [])
        kind = self._pick(
            {"new": 10, "correct": 4, "again": 3, "delete": 2, "anew": 1, "keep": 1, "reject": 1}
        )
        if kind == "reject":
            return [_new(unit, message_type) | {"start": None}]
        if kind == "new" or not known:
            return [_new(unit, message_type) | self._content(message_type)]
        return self._of_known(unit, message_type, kind)

    def _of_known(self, unit: Unit, message_type: str, kind: str) -> list[dict[str, Any]]:
        known = unit.known[message_type]
        place = self._random.randrange(len(known))
        local_id, content = known.pop(place)
        changed = _new(unit, message_type, local_id) | self._content(message_type)
        delete = _new(unit, message_type, local_id) | {"operation": "delete"}
        if kind == "correct":
            return [changed]
        if kind == "again" and content is not None:
            return [content]
        if kind == "anew" and content is not None:
            return [content, delete] if self._random.random() < 0.5 else [delete, changed]
        if kind == "keep":
            return [changed | {"operation": "keep"}]
        return [delete]

    def _one(self, unit: Unit) -> list[dict[str, Any]]:
        return [_new(unit) | self._content("consultation")]

    def _content(self, message_type: str) -> dict[str, Any]:
        """A minute of its own for each: no two systems ever report the same consultation, so that
        nothing is superseded and each unit and system can be told alone."""
        number = next(self._witness)
        start = datetime(2024, 3, 4, 9, 0, tzinfo=UTC) - timedelta(minutes=number % 500_000)
        return {"start": start} | ({"weight_g": number} if message_type == "consultation" else {})

    def _closed(
        self,
        unit: Unit,
        sequence: int,
        items: list[dict[str, Any]],
        message_type: str = "consultation",
        *,
        late: int = 0,
    ) -> Planned:
        if sequence == unit.sequence:
            _remember(unit, message_type, items)
        packed = Packed(len(items), container(items, message_type=message_type))
        extracted_at = self._now() - late
        value = self._close(unit, packed, message_type, sequence, extracted_at)
        sent = Sent(
            system=unit.system,
            org_nr=unit.org_nr,
            sequence=sequence,
            attempt=1,
            message_type=message_type,
            extracted_at=extracted_at,
            digest=sha256(packed.payload).hexdigest(),
            opens=True,
            items=tuple(_written_down(item, message_type) for item in items),
        )
        return Planned(sent, value)

    def _hello(self, unit: Unit) -> Planned:
        now = self._now()
        value = self._close(unit, EMPTY, MessageType.HELLO, 0, now)
        digest = sha256(b"").hexdigest()
        return Planned(
            Sent(unit.system, unit.org_nr, 0, 1, "hello", now, digest, opens=True, items=()), value
        )

    def _close(
        self, unit: Unit, packed: Packed, message_type: str, sequence: int, extracted_at: int
    ) -> bytes:
        heading = Heading(
            system=unit.system,
            software_version="1.0",
            message_type=MessageType(message_type),
            contract_version="1",
            municipality_code="0301",
            district_code=None,
            period_from=date(2024, 3, 4),
            period_to=date(2024, 3, 4),
            extracted_at=extracted_at,
        )
        made = close(
            packed,
            heading,
            org_nr=unit.org_nr,
            sequence=sequence,
            delivery_id=str(UUID(int=next(self._ids))),
            key=self._key,
        )
        return with_attempt(made, 1)

    def _pick(self, weights: Mapping[str, int]) -> str:
        return self._random.choices(list(weights), list(weights.values()))[0]


def _units() -> Iterator[Unit]:
    wanted = dict.fromkeys(range(PARTITIONS), UNITS_A_LANE)
    systems = count()
    for org_nr in map(str, count(990_000_000)):
        if not orgnr.is_valid(org_nr) or not wanted[partition_of(org_nr)]:
            continue
        wanted[partition_of(org_nr)] -= 1
        for _ in range(SYSTEMS_A_UNIT):
            yield Unit(SYSTEMS[next(systems) % len(SYSTEMS)], org_nr)
        if not any(wanted.values()):
            return


def _new(
    unit: Unit, message_type: str = "consultation", local_id: str | None = None
) -> dict[str, Any]:
    unit.items += 1
    make = consultation if message_type == "consultation" else appointment
    return dict(_person(make, unit.items % PEOPLE)) | {
        f"{message_type}_id": local_id or f"{message_type[0]}-{unit.items}"
    }


@cache
def _person(make: Callable[[int], dict[str, Any]], number: int) -> dict[str, Any]:
    return make(number)


def _remember(unit: Unit, message_type: str, items: list[dict[str, Any]]) -> None:
    known = dict(unit.known.get(message_type, ()))
    # A delivery's deletes come first, wherever they stand in it.
    for item in sorted(items, key=lambda i: i["operation"] != "delete"):
        if item["start"] is None:
            continue
        local_id = item[f"{message_type}_id"]
        if item["operation"] == "delete":
            known[local_id] = None
        elif item["operation"] == "upsert":
            known[local_id] = item
    unit.known[message_type] = list(known.items())


def _broken(planned: Planned) -> Planned:
    """The same delivery with another digest in its envelope: it is refused whole."""
    digest = sha256(b"something else").digest()
    said = wire.decode("delivery", planned.value) | {"content_digest": digest}
    return Planned(
        replace(planned.sent, digest=digest.hex(), opens=False), wire.encode("delivery", said)
    )


def _written_down(item: Mapping[str, Any], message_type: str) -> Item:
    content = {k: v for k, v in item.items() if k != "operation" and v is not None}
    text = json.dumps(content, sort_keys=True, default=str)
    return Item(
        operation=item["operation"],
        local_id=item[f"{message_type}_id"],
        content=sha256(text.encode()).hexdigest()[:16],
        witness=item.get("weight_g"),
        rejected=item["start"] is None,
    )
