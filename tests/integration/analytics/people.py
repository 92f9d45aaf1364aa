"""Say who is who in a synthetic nation, and read its records. Imports nothing of the product."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

EPOCH = date(1970, 1, 1)
_RESERVED_FIELDS = {
    "growth": ("length_mm", "length_reason_not_measured"),
    "weight": ("weight_g", "weight_reason_not_measured"),
    "breastfeeding": ("breastfeeding",),
    "head_circumference": ("head_circumference_mm", "head_circumference_reason_not_measured"),
}
Node = tuple[str, ...]
Row = dict[str, Any]


class Person(NamedTuple):
    """A resident of a place."""

    place: str
    number: int
    born: date
    sex: str
    ids: tuple[Node, ...]
    """Kind and number of each national id."""


@dataclass
class Components:
    """Which things are connected, by a search for the root of each."""

    parent: dict[Node, Node] = field(default_factory=dict)

    def root(self, node: Node) -> Node:
        while self.parent.setdefault(node, node) != node:
            node = self.parent[node]
        return node

    def join(self, one: Node, other: Node) -> None:
        roots = sorted((self.root(one), self.root(other)))
        self.parent[roots[1]] = roots[0]


@dataclass
class Nation:
    """The live rows at the end, each with its group and its week of birth."""

    consultations: list[Row]
    appointments: list[Row]
    reserved: dict[Node, list[tuple[str, date, date | None]]]
    """Kind of data and days, by group."""
    born: dict[Node, date]
    """Birth date by group, of those whose age some live row states."""
    sex: dict[Node, str]


def day(number: int | None) -> date | None:
    return None if number is None else EPOCH + timedelta(days=number)


def monday(born: date) -> date:
    return born - timedelta(days=born.weekday())


def read_nation(out: Path) -> Nation:
    """Read a nation's truth. Persons are joined as the records name them, not as they are: nobody
    can know that a child known by one unit's local id is a child of another unit."""
    people = _people(out)
    versions = list(_versions(out, people))
    groups = _groups(versions)
    live = [row for row in versions if row["current"] and row["status"] == "live"]
    for row in live:
        row["group"] = groups.root(row["node"]) if row["node"] else None
    stated = (row for row in live if row["node"] and row["age_days"] is not None)
    born = {row["group"]: row["person"].born for row in stated}
    for row in live:
        row["born"] = born.get(row["group"])
    return Nation(
        [_as_held(row) for row in live if row["message_type"] == "consultation"],
        [row for row in live if row["message_type"] == "appointment"],
        _reservations(out, groups),
        born,
        {row["group"]: row["person"].sex for row in live if row["node"]},
    )


def _table(out: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(out / "truth" / name / "*.parquet")


def _people(out: Path) -> dict[tuple[str, int], Person]:
    found = {}
    for row in _table(out, "persons").iter_rows(named=True):
        found[row["place"], row["person"]] = Person(
            row["place"],
            row["person"],
            EPOCH + timedelta(days=row["born"]),
            str(row["sex"]),
            tuple(_national_ids(row)),
        )
    return found


def _national_ids(row: Row) -> Iterator[Node]:
    for kind, length in (("fnr", 11), ("dnr", 11), ("duf", 12)):
        if row[kind] is not None:
            yield kind, row[kind].zfill(length)


def _versions(out: Path, people: dict[tuple[str, int], Person]) -> Iterator[Row]:
    """Yield every version that a receiver has held, in the order of time within a key."""
    by_id = {(p.place, *one): p for p in people.values() for one in p.ids}
    for path in sorted((out / "truth" / "records").iterdir()):
        for row in pl.read_parquet(path).iter_rows(named=True):
            place = path.stem.removesuffix(f"-{row['system']}")
            row["date"] = day(row["date"])
            row["node"] = row["person"] = None
            if row["person_kind"] == "local":
                row["person"] = people[place, int(row["person_number"][1:])]
            elif row["person_kind"]:
                row["person"] = by_id[place, row["person_kind"], row["person_number"]]
            if row["person"]:
                national = row["person_kind"] != "local"
                row["node"] = (row["person_kind"], row["person_number"]) if national else _own(row)
            yield row


def _own(row: Row) -> Node:
    """The person as a unit's system knows it."""
    return row["org_nr"], row["system"], row["person"].place, str(row["person"].number)


def _groups(versions: Iterable[Row]) -> Components:
    found = Components()
    last_named: dict[Node, Row] = {}
    ended: set[Node] = set()
    for row in versions:
        key = (row["system"], row["org_nr"], row["message_type"], str(row["local_id"]))
        if row["person"]:
            found.join(row["node"], _own(row))
            last_named[key] = row
        if row["current"] and row["status"] == "deleted":
            ended.add(key)
    for name, row in last_named.items():
        if row["fault"] == "SEVERAL_IDS" and name not in ended:
            ids = dict(row["person"].ids)
            second = "dnr" if "dnr" in ids else "duf"
            found.join(("fnr", ids["fnr"]), (second, ids[second]))
    return found


def _as_held(row: Row) -> Row:
    """Leave out what the person has reserved, as a receiver must."""
    kinds = row["reserved"].split(",") if row["reserved"] else []
    return row | {name: None for kind in kinds for name in _RESERVED_FIELDS[kind]}


def _reservations(out: Path, groups: Components) -> dict[Node, list[tuple[str, date, date | None]]]:
    found: dict[Node, list[tuple[str, date, date | None]]] = {}
    for row in _table(out, "reservations").iter_rows(named=True):
        since, until = EPOCH + timedelta(days=row["from"]), day(row["revoked"])
        for group in {groups.root(one) for one in _national_ids(row)}:
            found.setdefault(group, []).extend((k, since, until) for k in row["kinds"].split(","))
    return found
