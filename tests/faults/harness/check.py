"""Compare everything that was sent with everything on the topics.

The checker shares no code with the processor. It unpacks the header as documented, reads values
with the published schemas and makes keys with the standard library.
"""

from __future__ import annotations

import base64
import io
import json
import struct
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import fastavro

from tests.faults.harness.model import DeliveryPosition, Expected, expected_results
from tests.faults.harness.sent_log import SentDelivery

SCHEMAS: Final = Path(__file__).parents[3] / "avro_schemas"
SYSTEMS: Final = ("visma-hspro", "eg-infodoc", "cgm-helsestasjon", "helseplattformen")
CLEANED: Final = {"kpr.hst.consultation": "consultation", "kpr.hst.appointment": "appointment"}
UNIT: Final = "kpr.hst.unit"
QUARANTINE: Final = "kpr.hst.quarantine"
QUARANTINE_STATE: Final = "kpr.hst.quarantine-state"
RECEIPTS: Final = {f"kpr.hst.receipt.{system}": system for system in SYSTEMS}
DELIVERIES: Final = {f"kpr.hst.delivery.{system}": system for system in SYSTEMS}
READ: Final = (*DELIVERIES, *RECEIPTS, *CLEANED, UNIT, QUARANTINE, QUARANTINE_STATE)
"""The topics to check."""
HEADER: Final = struct.Struct(">BBqBBqqI16s16s16s")
MAX_MESSAGES: Final = 40
"""How many findings get a message; the counts have no limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A committed record, as read from its topic."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    header: bytes | None


@dataclass(slots=True, kw_only=True)
class Findings:
    """What the checker found."""

    items: int
    deliveries: int
    lost: int = 0
    duplicated: int = 0
    units: set[tuple[str, str]] = field(default_factory=set)
    messages: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Return whether nothing was found."""
        return not (self.lost or self.duplicated or self.units)

    def add(self, what: str, unit: tuple[str, str], *, lost: int = 0, double: int = 0) -> None:
        """Add one finding."""
        self.lost += lost
        self.duplicated += double
        self.units.add(unit)
        if len(self.messages) < MAX_MESSAGES:
            self.messages.append(f"{what} ({unit[0]} {unit[1]})")


def secret_of(keyring: Path) -> bytes:
    """Read the secret of consultation keys from the key ring file."""
    return base64.b64decode(json.loads(keyring.read_text("utf-8"))["consultation_secret"])


def check(sent: Sequence[SentDelivery], written: Sequence[Written], secret: bytes) -> Findings:
    """Check that every item has its outcome, every record exists once and every sum agrees."""
    found = Findings(items=sum(len(one.items) for one in sent), deliveries=len(sent))
    wanted = expected_results(sent, secret)
    by_topic: dict[str, list[Written]] = defaultdict(list)
    for record in written:
        by_topic[record.topic].append(record)
    at: dict[DeliveryPosition, SentDelivery] = {(s.system, s.partition, s.offset): s for s in sent}
    places = _Places(sent)
    _check_sources(at, places, by_topic, found)
    _check_receipts(at, places, wanted, by_topic, found)
    _check_cleaned(wanted, by_topic, found)
    _check_quarantine(at, places, wanted, by_topic, found)
    _check_units(wanted, by_topic, found)
    return found


class _Places:
    """Positions over all topics of a name, where a topic was made again.

    Offsets begin at 0 again, so that two deliveries have the same offset. An answer names the
    delivery too, which decides between them.
    """

    def __init__(self, sent: Sequence[SentDelivery]) -> None:
        self._sent: dict[tuple[str, int, int], list[SentDelivery]] = defaultdict(list)
        self._last: dict[tuple[str, int], int] = {}
        for one in sent:
            self._sent[one.system, one.partition, one.offset - one.base].append(one)
            place = one.system, one.partition
            if one.gone:
                self._last[place] = max(one.offset + 1, self._last.get(place, 0))

    def of_record(self, system: str, partition: int, offset: int) -> DeliveryPosition:
        """Return the position of a delivery that is on its topic now."""
        return system, partition, offset + self._last.get((system, partition), 0)

    def of_answer(
        self, system: str, partition: int, offset: int, value: Mapping[str, Any]
    ) -> DeliveryPosition:
        """Return the position of the delivery that a record was caused by."""
        for one in self._sent[system, partition, offset]:
            if one.delivery_id == value["delivery_id"]:
                return system, partition, one.offset
        return system, partition, offset


def _check_sources(
    at: dict[DeliveryPosition, SentDelivery],
    places: _Places,
    by_topic: dict[str, list[Written]],
    found: Findings,
) -> None:
    """Check that the log holds exactly the sent deliveries; all other checks rely on it."""
    there = {
        places.of_record(system, record.partition, record.offset): record
        for topic, system in DELIVERIES.items()
        for record in by_topic[topic]
    }
    for place in {p for p, one in at.items() if not one.gone} - there.keys():
        found.add(f"delivery {place} is not in the log", _unit(at[place]), lost=1)
    for place in there.keys() - at.keys():
        org_nr = (there[place].key or b"").decode()
        found.add(f"delivery {place} is in the log only", (place[0], org_nr))


def _check_receipts(
    at: dict[DeliveryPosition, SentDelivery],
    places: _Places,
    wanted: Expected,
    by_topic: dict[str, list[Written]],
    found: Findings,
) -> None:
    parts: dict[DeliveryPosition, list[dict[str, Any]]] = defaultdict(list)
    for topic, system in RECEIPTS.items():
        for record in by_topic[topic]:
            _, index, offset, *_ = HEADER.unpack(record.header or b"")
            value = decode("receipt", record.value)
            place = places.of_answer(SYSTEMS[index], record.partition, offset, value)
            parts[place].append(value)
            answered = (system, value["source_partition"], value["source_offset"])
            if answered != (SYSTEMS[index], record.partition, offset) or place not in at:
                found.add(f"a receipt answers {answered}, its header {place}", (system, "?"))
    for place, one in at.items():
        got = parts.get(place, [])
        numbers = Counter(part["part"] for part in got)
        double = sum(n - 1 for n in numbers.values())
        if double:
            found.add(f"delivery {place} has {len(got)} receipts", _unit(one), double=double)
        if not got or set(numbers) != set(range(1, got[0]["parts"] + 1)):
            lost = max(1, len(one.items))
            found.add(f"delivery {place} has no whole receipt", _unit(one), lost=lost)
            continue
        _compare_receipt(place, one, got, wanted, found)


def _compare_receipt(
    place: DeliveryPosition,
    one: SentDelivery,
    parts: list[dict[str, Any]],
    wanted: Expected,
    found: Findings,
) -> None:
    right = wanted.receipts[place]
    for part in parts:
        actual = (part["status"], part["counts"], part["expected_sequence"])
        if actual == (right.status, dict(right.counts), right.expected_sequence):
            continue
        answered = sum(part["counts"].values())
        missing = max(0, len(one.items) - answered) if right.status == "processed" else 0
        found.add(
            f"delivery {place} is answered {part['status']} {_describe(part['counts'])} "
            f"expecting {part['expected_sequence']}, not {right.status} {_describe(right.counts)} "
            f"expecting {right.expected_sequence}",
            _unit(one),
            lost=missing,
        )


def _check_cleaned(wanted: Expected, by_topic: dict[str, list[Written]], found: Findings) -> None:
    there: dict[tuple[str, str, tuple[int, int, int]], list[dict[str, Any]]] = defaultdict(list)
    for topic, name in CLEANED.items():
        for record in by_topic[topic]:
            _, _, _, status, _, extracted_at, sequence, revision, *_ = HEADER.unpack(
                record.header or b""
            )
            value = decode(name, record.value)
            key = (record.key or b"").decode()
            same = (value[f"{name}_key"], _status(status), sequence) == (
                key,
                value["status"],
                value["sequence"],
            )
            unit = (value["system"], value["org_nr"])
            if not same:
                found.add(f"{topic} {key}: key, header and value differ", unit)
            there[topic, key, (extracted_at, sequence, revision)].append(value)
    for place, values in there.items():
        if len(values) > 1:
            unit = (values[0]["system"], values[0]["org_nr"])
            found.add(f"{place} is there {len(values)} times", unit, double=len(values) - 1)
    for right in wanted.records:
        # In this load only its own system changes a record, so every revision is 0.
        values = there.pop((right.topic, right.key, (*right.version, 0)), [])
        if not values:
            found.add(f"{right.topic} {right.key} {right.version} is missing", right.unit, lost=1)
        elif (values[0]["status"], values[0].get("weight_g")) != (right.status, right.witness):
            found.add(f"{right.topic} {right.key} {right.version} is another", right.unit)
    for place, values in there.items():
        found.add(f"{place} should not be there", (values[0]["system"], values[0]["org_nr"]))


def _check_quarantine(
    at: dict[DeliveryPosition, SentDelivery],
    places: _Places,
    wanted: Expected,
    by_topic: dict[str, list[Written]],
    found: Findings,
) -> None:
    there: Counter[tuple[DeliveryPosition, int]] = Counter()
    ids: Counter[str] = Counter()
    units: dict[str, tuple[str, str]] = {}
    for record in by_topic[QUARANTINE]:
        _, index, offset, *_ = HEADER.unpack(record.header or b"")
        value = decode("quarantined_item", record.value)
        place = places.of_answer(SYSTEMS[index], record.partition, offset, value)
        there[place, value["item_index"]] += 1
        ids[value["quarantine_id"]] += 1
        units[value["quarantine_id"]] = (value["system"], value["org_nr"])
    for (place, number), times in there.items():
        unit = _unit(at[place]) if place in at else (place[0], "?")
        if times > 1:
            found.add(f"{place} item {number}: {times} in quarantine", unit, double=times - 1)
        if (place, number) not in wanted.quarantined:
            found.add(f"{place} item {number} should not be in quarantine", unit)
    for place, number in wanted.quarantined - there.keys():
        found.add(f"{place} item {number} is not in quarantine", _unit(at[place]), lost=1)
    states: Counter[str] = Counter()
    for record in by_topic[QUARANTINE_STATE]:
        value = decode("quarantine_state", record.value)
        states[value["quarantine_id"]] += 1
        units[value["quarantine_id"]] = (value["system"], value["org_nr"])
    for quarantine_id in ids.keys() | states.keys():
        if ids[quarantine_id] != states[quarantine_id]:
            found.add(f"quarantine {quarantine_id}: items and states differ", units[quarantine_id])


def _check_units(wanted: Expected, by_topic: dict[str, list[Written]], found: Findings) -> None:
    last: dict[tuple[str, str], int] = {}
    totals: dict[tuple[str, str], dict[str, int | list[int]]] = {}
    for record in sorted(by_topic[UNIT], key=lambda r: (r.partition, r.offset)):
        value = decode("unit_state", record.value)
        unit = value["system"], value["org_nr"]
        last[unit], totals[unit] = value["next_sequence"], value["totals"]
    for unit in wanted.next_sequences.keys() | last.keys():
        if wanted.next_sequences.get(unit) != last.get(unit):
            found.add(f"its state expects {last.get(unit)}", unit)
        elif wanted.totals.get(unit) != totals.get(unit):
            found.add(f"its totals are {totals.get(unit)}, not {wanted.totals.get(unit)}", unit)


def decode(name: str, data: bytes | None) -> dict[str, Any]:
    """Decode a value: a zero byte, the schema id in four bytes, Avro. Else AssertionError."""
    assert data is not None, f"a {name} without value"
    magic, schema_id = struct.unpack_from(">bI", data)
    files = {v["id"]: v["file"] for v in _catalogue()[name]}
    assert magic == 0, f"a {name} that does not start with a zero byte"
    body = io.BytesIO(data[5:])
    record: Any = fastavro.schemaless_reader(body, _schema(files[schema_id]), None)
    assert body.tell() == len(data) - 5, f"a {name} with bytes left over"
    assert isinstance(record, dict)
    return record


_parsed: dict[str, Any] = {}


def _schema(file: str) -> Any:
    if file not in _parsed:
        _parsed[file] = fastavro.parse_schema(json.loads((SCHEMAS / file).read_text("utf-8")))
    return _parsed[file]


def _catalogue() -> dict[str, Any]:
    if "" not in _parsed:
        _parsed[""] = json.loads((SCHEMAS / "catalogue.json").read_text("utf-8"))
    found: dict[str, Any] = _parsed[""]
    return found


def _unit(one: SentDelivery) -> tuple[str, str]:
    return one.system, one.org_nr


def _status(number: int) -> str:
    return {1: "live", 2: "deleted", 3: "superseded"}.get(number, "none")


def _describe(counts: Mapping[str, int]) -> str:
    return ",".join(f"{name}={n}" for name, n in counts.items() if n) or "nothing"
