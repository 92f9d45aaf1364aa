"""Which deliveries the peers get, and what they must write. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from bench.peers.apps.bare import decoded, output_schema
from bench.visits import visits
from kpr_stream.model.topics import PARTITIONS
from kpr_stream.model.words import SYSTEMS, System
from tests.integration.at_work import units_of_lane

SENT_TWICE = 10
"""One delivery in so many is sent a second time."""
LATER = 8
"""So many deliveries later, so that both are rarely in one batch."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One delivery: its unit, and the visits that it holds."""

    org_nr: str
    system: System
    sequence: int
    first: int
    each: int

    def items(self) -> list[dict[str, Any]]:
        """Return its consultation items."""
        return visits(self.each, self.first)


def plan(items: int, each: int) -> list[Planned]:
    """Return the deliveries of ``items`` different items, with those sent twice."""
    lanes = [units_of_lane(lane, len(SYSTEMS)) for lane in range(PARTITIONS)]
    units = [(own[n], system) for n, system in enumerate(SYSTEMS) for own in lanes]
    sequences = [0] * len(units)
    found = []
    for number in _order(items // each):
        unit = number % len(units)
        sequences[unit] += 1
        org_nr, system = units[unit]
        found.append(Planned(org_nr, system, sequences[unit], number * each, each))
    return found


def _order(deliveries: int) -> Iterator[int]:
    again = [n for n in range(deliveries) if n % SENT_TWICE == 0]
    for number in range(deliveries):
        yield number
        while again and again[0] <= number - LATER:
            yield again.pop(0)
    yield from again


def expected(planned: Sequence[Planned]) -> dict[bytes, dict[str, Any]]:
    """Return the output record of each key."""
    names = [field["name"] for field in output_schema()["fields"]]
    found = {}
    for one in planned:
        for item in one.items():
            key = f"{one.org_nr}|{item['consultation_id']}".encode()
            if key not in found:
                fields = {name: item.get(name) for name in names} | {"org_nr": one.org_nr}
                found[key] = fields | {"start": round(item["start"].timestamp() * 1_000_000)}
    return found


class Checked(NamedTuple):
    """How the outputs of a peer compare with what was expected."""

    missing: int
    wrong: int
    doubles: int

    def require_right(self, name: str) -> None:
        """Raise SystemExit unless every expected output is there and right."""
        if self.missing or self.wrong:
            raise SystemExit(f"{name}: {self.missing} outputs missing, {self.wrong} wrong")


def check(
    outputs: Sequence[tuple[bytes, bytes]], wanted: Mapping[bytes, Mapping[str, Any]]
) -> Checked:
    """Compare outputs with what was expected; records beyond the first of a key are doubles."""
    seen: set[bytes] = set()
    wrong = 0
    for key, value in outputs:
        wrong += not _is_right(value, wanted.get(key))
        seen.add(key)
    return Checked(len(wanted.keys() - seen), wrong, len(outputs) - len(seen))


def _is_right(value: bytes, fields: Mapping[str, Any] | None) -> bool:
    try:
        return decoded(value) == fields
    except (ValueError, EOFError, IndexError):
        return False
