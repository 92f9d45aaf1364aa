"""Make a unit's exports: most visits once, others with faults, corrections, deletions or resends.

Every fault is drawn for each entry from the unit's own generator, so that the history of one unit
never depends on another's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from kpr_stream.model.words import Operation
from kpr_stream.simulate.small.calendar import Slot, period_of, periods
from kpr_stream.simulate.small.entries import UNREADABLE_MEASURE, Entry

LATER_AT_MOST = 3
"""The most exports between an entry's first line and a later one."""

MUNICIPALITY_THAT_ENDED = "1601"
"""Trondheim's code until 2018: known, but not valid in the simulated years."""

_SPOILED = {"no_id": 2, "no_start": 2, "impossible": 6, "unreadable": 3, "old_municipality": 3}
_FOLLOWED = {"duplicate": 30, "corrected": 25, "deleted": 12, "replaced": 4, "kept": 4}
_PER = 1000
_AFTER_DELETE = {"done": 7, "deleted again": 2, "created again": 1}
_WITHHELD_SHARE = 0.05
_WITHHELD_DELETED_SHARE = 0.3
_IMPOSSIBLE = {"weight_g": 38, "length_mm": 70, "head_circumference_mm": 4400}


@dataclass(frozen=True, slots=True)
class Resent:
    """A restored backup: the export of one period is sent again, after a later one."""

    period: int
    after: int


def draw_resent(random: Random) -> Resent:
    """Draw the period that is sent again, and when."""
    months = [n for n, (first, last) in enumerate(periods()) if first != last]
    period = random.choice(months[:-LATER_AT_MOST])
    return Resent(period, period + LATER_AT_MOST)


def history(entries: Iterable[Entry], random: Random, resent: Resent) -> list[Slot]:
    """Return the exports in order, with the one that is sent again."""
    slots = [Slot(first, last) for first, last in periods()]
    withheld: list[Entry] = []
    for entry in entries:
        if entry.content is None:
            raise ValueError(entry.operation)
        at = period_of(entry.content["start"].date())
        if at == resent.period and random.random() < _WITHHELD_SHARE:
            # First sent with the resent export; some are deleted before that.
            withheld.append(entry)
            if random.random() < _WITHHELD_DELETED_SHARE:
                slots[resent.after].deletions.append(_deletion(entry))
            continue
        spoiled = _spoil(entry, random)
        slots[at].upserts.append(spoiled)
        if spoiled is entry and at + 1 < len(slots):
            _follow(slots, at, entry, random, per=_PER // (5 if at == resent.period else 1))
    again = slots[resent.period]
    copy = replace(again, deletions=[*again.deletions], upserts=[*again.upserts, *withheld])
    return [*slots[: resent.after + 1], copy, *slots[resent.after + 1 :]]


def _follow(slots: list[Slot], at: int, entry: Entry, random: Random, *, per: int) -> None:
    """Add later lines about the same visit, more often in the period that is sent again."""
    kind = _one_of(_FOLLOWED, random, per)
    then = _later(slots, at, random)
    if kind == "duplicate":
        slots[then].upserts.append(entry)
    elif kind == "corrected":
        slots[then].upserts.append(_corrected(entry))
    elif kind == "kept":
        slots[then].deletions.append(replace(entry, operation=Operation.KEEP, content=None))
    elif kind == "replaced":
        slots[then].deletions.append(_deletion(entry))
        slots[then].upserts.append(_corrected(entry))
    elif kind == "deleted":
        slots[then].deletions.append(_deletion(entry))
        last = random.choices(list(_AFTER_DELETE), list(_AFTER_DELETE.values()))[0]
        if then + 1 == len(slots) or last == "done":
            return
        if last == "deleted again":
            slots[_later(slots, then, random)].deletions.append(_deletion(entry))
        else:
            slots[_later(slots, then, random)].upserts.append(_corrected(entry))


def _spoil(entry: Entry, random: Random) -> Entry:
    """Return the entry, or a copy with a fault."""
    kind = _one_of(_SPOILED, random, _PER)
    content: dict[str, Any] = dict(entry.content or {})
    measured = [name for name in _IMPOSSIBLE if name in content]
    if kind == "no_id":
        return replace(entry, local_id=None)
    if kind == "no_start":
        return replace(entry, content=content | {"start": None})
    if kind == "impossible" and measured:
        name = random.choice(measured)
        return replace(entry, content=content | {name: _IMPOSSIBLE[name]})
    if kind == "unreadable" and measured:
        name = random.choice(measured)
        return replace(entry, content=content | {name: UNREADABLE_MEASURE})
    if kind == "old_municipality" and "service" in content:
        old = {"municipality_code": MUNICIPALITY_THAT_ENDED}
        return replace(entry, content=content | old)
    return entry


def _corrected(entry: Entry) -> Entry:
    content = dict(entry.content or {})
    if "weight_g" in content:
        content["weight_g"] += 100
    elif "duration_minutes" in content:
        content["duration_minutes"] += 5
    else:
        content["attendance"] = "AVLYST_AV_TJENESTEN"
        content["consultation_type"] = "TELEFON"
    return replace(entry, content=content)


def _deletion(entry: Entry) -> Entry:
    return replace(entry, operation=Operation.DELETE, content=None)


def _later(slots: list[Slot], at: int, random: Random) -> int:
    return min(at + 1 + random.randrange(LATER_AT_MOST), len(slots) - 1)


def _one_of(shares: Mapping[str, int], random: Random, per: int) -> str | None:
    draw = random.randrange(per)
    for name, share in shares.items():
        if draw < share:
            return name
        draw -= share
    return None
