"""Make the deliveries that four systems send for many units, from a seed. Pure but for the clock.

The load has every case that a receiver must distinguish: new items, corrections, deletions,
unchanged items, older content, items to be rejected, deletion-list entries with the operation
"keep", deliveries that are repeated, too early, reused, empty or cannot be decrypted, and hellos.
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
from kpr_stream.connectors.delivery.seal import EMPTY, DeliveryHeader, seal_delivery, with_attempt
from kpr_stream.keys.keyring import PublicKey
from kpr_stream.model.partition import partition_of
from kpr_stream.model.topics import PARTITIONS
from kpr_stream.model.words import SYSTEMS, MessageType, System
from kpr_stream.schemas import wire
from tests.faults.harness.sent_log import SentDelivery, SentItem
from tests.support.deliveries import appointment, consultation, container

SYSTEMS_OF_UNITS: Final = (2, 1)
"""Systems of each unit of a lane. New items of a unit with two are never decided in columns."""
PEOPLE: Final = 60
HOUR_MS: Final = 3_600_000
LARGE_ITEMS: Final = 120


@dataclass(frozen=True, slots=True)
class Planned:
    """A delivery ready to be produced: its entry in the sent log, and the record's value."""

    sent: SentDelivery
    value: bytes


@dataclass(slots=True, kw_only=True)
class Unit:
    """One unit and system as its EPJ knows it: what was sent, and what comes next."""

    system: System
    org_nr: str
    sequence: int = 1
    items: int = 0
    known: dict[str, list[tuple[str, dict[str, Any] | None]]] = field(default_factory=dict)
    """By message type: local id, and the content as last sent (None once deleted)."""
    last: Planned | None = None


class Load:
    """Endless deliveries. ``now`` returns ms since 1970 and sets the extraction times."""

    def __init__(self, seed: int, key: PublicKey, now: Callable[[], int]) -> None:
        self._random = Random(seed)
        self._key, self._now = key, now
        self._witness = count(3000)
        self._ids = count(1)
        self.units = list(_units())

    def deliveries(self) -> Iterator[Planned]:
        """Yield deliveries of units picked at random."""
        while True:
            yield from self.of_unit(self.some_unit())

    def some_unit(self) -> Unit:
        """Pick a unit at random."""
        return self._random.choice(self.units)

    def of_unit(self, unit: Unit) -> Iterator[Planned]:
        """Yield what a unit sends next: one delivery, sometimes after one that is not accepted."""
        dice = self._random.random()
        if dice < 0.03 and unit.last is not None:
            sent = replace(unit.last.sent, attempt=unit.last.sent.attempt + 1)
            yield Planned(sent, with_attempt(unit.last.value, sent.attempt))
            return
        if dice < 0.05:
            yield self._hello(unit)
            return
        if dice < 0.07:
            yield self._sealed(unit, unit.sequence + self._random.randint(1, 9), self._one(unit))
        elif dice < 0.09 and unit.sequence > 1:
            yield self._sealed(unit, unit.sequence - 1, self._one(unit))
        elif dice < 0.12:
            # The delivery is refused, but its EPJ knows the item and may send it again.
            yield _broken(self._sealed(unit, unit.sequence, self._one(unit)))
        yield self._next(unit)

    def large(self, unit: Unit, number: int) -> Planned:
        """Return the unit's next delivery, with a number of new consultations."""
        items = [item for _ in range(number) for item in self._one(unit)]
        return self._ordinary(unit, items, "consultation")

    def _next(self, unit: Unit) -> Planned:
        message_type = self._pick({"consultation": 4, "appointment": 1})
        number = LARGE_ITEMS if self._random.random() < 0.01 else self._random.randint(0, 6)
        items = [item for _ in range(number) for item in self._items(unit, message_type)]
        return self._ordinary(unit, items, message_type)

    def _ordinary(self, unit: Unit, items: list[dict[str, Any]], message_type: str) -> Planned:
        late = HOUR_MS if self._random.random() < 0.05 else 0
        planned = self._sealed(unit, unit.sequence, items, message_type, late=late)
        unit.sequence += 1
        unit.last = planned
        return planned

    def _items(self, unit: Unit, message_type: str) -> list[dict[str, Any]]:
        """Return one item, or two that belong together. Only those two share an id."""
        known = unit.known.setdefault(message_type, [])
        kind = self._pick(
            {"new": 10, "correct": 4, "again": 3, "delete": 2, "both": 1, "keep": 1, "reject": 1}
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
        if kind == "both" and content is not None:
            return [content, delete] if self._random.random() < 0.5 else [delete, changed]
        if kind == "keep":
            return [changed | {"operation": "keep"}]
        return [delete]

    def _one(self, unit: Unit) -> list[dict[str, Any]]:
        return [_new(unit) | self._content("consultation")]

    def _content(self, message_type: str) -> dict[str, Any]:
        """Return content with a minute of its own.

        No two systems ever report the same consultation. Nothing is superseded, so the model can
        treat each unit and system alone.
        """
        number = next(self._witness)
        start = datetime(2024, 3, 4, 9, 0, tzinfo=UTC) - timedelta(minutes=number % 500_000)
        return {"start": start} | ({"weight_g": number} if message_type == "consultation" else {})

    def _sealed(
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
        sent = SentDelivery(
            system=unit.system,
            org_nr=unit.org_nr,
            sequence=sequence,
            attempt=1,
            message_type=message_type,
            extracted_at=extracted_at,
            digest=sha256(packed.payload).hexdigest(),
            opens=True,
            items=tuple(_sent_item(item, message_type) for item in items),
        )
        return Planned(sent, value)

    def _hello(self, unit: Unit) -> Planned:
        now = self._now()
        value = self._close(unit, EMPTY, MessageType.HELLO, 0, now)
        digest = sha256(b"").hexdigest()
        return Planned(
            SentDelivery(
                system=unit.system,
                org_nr=unit.org_nr,
                sequence=0,
                attempt=1,
                message_type="hello",
                extracted_at=now,
                digest=digest,
                opens=True,
                items=(),
            ),
            value,
        )

    def _close(
        self, unit: Unit, packed: Packed, message_type: str, sequence: int, extracted_at: int
    ) -> bytes:
        heading = DeliveryHeader(
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
        made = seal_delivery(
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
    wanted = {lane: list(SYSTEMS_OF_UNITS) for lane in range(PARTITIONS)}
    systems = count()
    for org_nr in map(str, count(990_000_000)):
        if not orgnr.is_valid(org_nr) or not wanted[partition_of(org_nr)]:
            continue
        for _ in range(wanted[partition_of(org_nr)].pop(0)):
            yield Unit(system=SYSTEMS[next(systems) % len(SYSTEMS)], org_nr=org_nr)
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
    # The receiver processes a delivery's deletes first, wherever they are in it.
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
    """Return the delivery with a wrong digest in its envelope, so that it is refused whole."""
    digest = sha256(b"something else").digest()
    envelope = wire.decode("delivery", planned.value) | {"content_digest": digest}
    return Planned(
        replace(planned.sent, digest=digest.hex(), opens=False), wire.encode("delivery", envelope)
    )


def _sent_item(item: Mapping[str, Any], message_type: str) -> SentItem:
    content = {k: v for k, v in item.items() if k != "operation" and v is not None}
    text = json.dumps(content, sort_keys=True, default=str)
    return SentItem(
        operation=item["operation"],
        local_id=item[f"{message_type}_id"],
        content=sha256(text.encode()).hexdigest()[:16],
        witness=item.get("weight_g"),
        rejected=item["start"] is None,
    )
