"""Make the lines of exports: most rows once, others corrected, deleted, resent or withheld.

An event is one line of an export in one turn: a row's content, or a line of the deletion list.
Rows that exist only as corrections (variants) are added after the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from kpr_stream.simulate.nation import days
from kpr_stream.simulate.nation.codes import Attendance
from kpr_stream.simulate.nation.draw import Bools, Draw, Ints
from kpr_stream.simulate.nation.people.population import People
from kpr_stream.simulate.nation.records.faults import Fault
from kpr_stream.simulate.nation.records.slots import AGAIN, TURNS_A_SLOT, Sender
from kpr_stream.simulate.nation.visits.assemble import APPOINTMENT, ids_known
from kpr_stream.simulate.nation.visits.visits import Columns, Origin, concat, select, size

UPSERT, DELETE, KEEP = 0, 1, 2


class Story(IntEnum):
    """What happens to a row besides its first export."""

    PLAIN = 0
    SENT_AGAIN = 1
    CORRECTED = 2
    MOVED = 3
    OTHER_PERSON = 4
    REPLACED = 5
    KEPT = 6
    DELETED_AND_BACK = 7
    DELETED = 8
    DELETED_TWICE = 9
    MENDED = 10
    PLANNED_FIRST = 11
    WITHHELD = 12
    WITHHELD_AND_DELETED = 13


_STORIES = (
    (Story.SENT_AGAIN, 25_000),
    (Story.CORRECTED, 18_000),
    (Story.MOVED, 5_000),
    (Story.OTHER_PERSON, 1_000),
    (Story.REPLACED, 3_000),
    (Story.KEPT, 3_000),
    (Story.DELETED_AND_BACK, 1_000),
)
"""Story and rows in a million."""
_MENDED = 600_000
_TAKEN_BACK = 8_000
"""Share of the rows also held by another system that are deleted here later."""
_PLANNED = 200_000
_LATE = 40_000
_WITHHELD, _WITHHELD_DELETED = 50_000, 300_000
_LAGS = (0, 1, 3, 10, 30, 90, 240)
_LAG_SHARES = (25, 25, 18, 14, 10, 6, 2)


@dataclass(frozen=True, slots=True)
class Events:
    """Lines of exports. ``key`` is the row concerned, ``row`` the row with the content sent."""

    key: Ints
    row: Ints
    operation: Ints
    turn: Ints

    def __len__(self) -> int:
        return len(self.key)


@dataclass(frozen=True, slots=True)
class ExportHistory:
    """Everything that is exported from some rows."""

    rows: Columns
    events: Events
    story: Ints
    """By key."""


def make_history(
    clean: Columns, faulty: Columns, people: People, sender: Sender, draw: Draw
) -> ExportHistory:
    """Make the events of one sender's rows. ``clean`` and ``faulty`` have the same rows."""
    count = size(clean)
    slots = sender.slots
    late = draw.chance(_LATE, count) & (clean["origin"] != Origin.CONVERTED)
    lag = np.where(late, _lags(draw, count), 0)
    at = slots.of(clean["day"].astype(np.int64) + lag)
    inside = slots.of(clean["day"].astype(np.int64)) >= 0
    story = _stories(clean, faulty, draw)
    # Rows taken over from another journal are changed in the new system only.
    known = np.maximum(clean["day"] + lag, slots.first[sender.goes_live])
    later = np.maximum(slots.of(known + _lags(draw, count)), at + 1)
    last = np.maximum(slots.of(slots.first[np.minimum(later, len(slots) - 1)] + 31), later + 1)
    story = _withheld(story, faulty, at, sender, draw)
    variants, of_key = _variants(clean, people, story, draw)
    row_of = np.full(count, -1)
    row_of[of_key] = count + np.arange(len(of_key))
    every = np.arange(count)
    planned = story == Story.PLANNED_FIRST
    # Nobody has a number before birth, and so no appointment under it.
    born = np.where(clean["person"] >= 0, people.born[np.maximum(clean["person"], 0)], 0)
    before = np.maximum(slots.of(np.maximum(clean["day"].astype(np.int64) - 25, born)), 0)
    planned &= (before < at) & inside
    story = np.where((story == Story.PLANNED_FIRST) & ~planned, Story.PLAIN, story)
    usual = (story != Story.WITHHELD) & (story != Story.WITHHELD_AND_DELETED)
    lines = [
        _lines(every[usual], every[usual], UPSERT, at[usual]),
        _lines(every[planned], row_of[planned], UPSERT, before[planned]),
    ]
    for kind, operation, content, when in _AFTER:
        chosen = every[story == kind]
        turn = later if when == "later" else last
        row = row_of[chosen] if content == "variant" else chosen
        lines.append(_lines(chosen, row, operation, turn[chosen]))
    events = _joined_events(lines)
    exported = inside[events.key] & (events.turn // TURNS_A_SLOT < sender.ends)
    events = _again(_taken_events(events, exported), story, sender, draw)
    rows = concat([faulty, variants])
    # Within a turn deletions come first; other rows keep their order.
    order = np.lexsort((events.row, events.key, events.operation == UPSERT, events.turn))
    return ExportHistory(rows, _taken_events(events, order), story)


_AFTER = (
    (Story.SENT_AGAIN, UPSERT, "same", "later"),
    (Story.CORRECTED, UPSERT, "variant", "later"),
    (Story.MOVED, UPSERT, "variant", "later"),
    (Story.OTHER_PERSON, UPSERT, "variant", "later"),
    (Story.MENDED, UPSERT, "variant", "later"),
    (Story.REPLACED, DELETE, "same", "later"),
    (Story.REPLACED, UPSERT, "variant", "later"),
    (Story.KEPT, KEEP, "same", "later"),
    (Story.DELETED_AND_BACK, DELETE, "same", "later"),
    (Story.DELETED_AND_BACK, UPSERT, "variant", "last"),
    (Story.DELETED, DELETE, "same", "later"),
    (Story.DELETED_TWICE, DELETE, "same", "later"),
    (Story.DELETED_TWICE, DELETE, "same", "last"),
)
"""Later lines of each story: operation, whose content, when."""
_WITH_VARIANT = (
    *(Story.CORRECTED, Story.MOVED, Story.OTHER_PERSON, Story.MENDED),
    *(Story.REPLACED, Story.DELETED_AND_BACK, Story.PLANNED_FIRST),
)


def _stories(clean: Columns, faulty: Columns, draw: Draw) -> Ints:
    count = size(clean)
    drawn = draw.below(1_000_000, count)
    story = np.zeros(count, dtype=np.int64)
    above = 0
    for kind, share in _STORIES:
        story = np.where((drawn >= above) & (drawn < above + share), kind, story)
        above += share
    known = clean["person"] >= 0
    story = np.where((story == Story.OTHER_PERSON) & ~known, Story.PLAIN, story)
    appointment = clean["type"] == APPOINTMENT
    held = clean["attendance"] == Attendance.MOTT
    planned = appointment & held & draw.chance(_PLANNED, count)
    story = np.where(planned, Story.PLANNED_FIRST, story)
    wrong = faulty["fault"] != Fault.NONE
    story = np.where(wrong, Story.PLAIN, story)
    # Another local id would be another consultation.
    able = wrong & (faulty["fault"] != Fault.ID_IN_LOCAL_ID)
    story = np.where(able & draw.chance(_MENDED, count), Story.MENDED, story)
    elsewhere = np.isin(clean["origin"], (Origin.CONVERTED, Origin.IN_BOTH_SYSTEMS))
    taken_back = elsewhere & draw.chance(_TAKEN_BACK, count) & (story == Story.PLAIN)
    story = np.where(taken_back & ~wrong, Story.DELETED, story)
    error = clean["origin"] == Origin.REGISTERED_IN_ERROR
    twice = draw.chance(200_000, count)
    return np.where(error, np.where(twice, Story.DELETED_TWICE, Story.DELETED), story)


def _withheld(story: Ints, faulty: Columns, at: Ints, sender: Sender, draw: Draw) -> Ints:
    """Withhold some rows from the first sending of the export that is sent twice."""
    able = (at == sender.again) & (story == Story.PLAIN) & (faulty["fault"] == Fault.NONE)
    chosen = able & draw.chance(_WITHHELD, len(story)) & (sender.again >= 0)
    deleted = chosen & draw.chance(_WITHHELD_DELETED, len(story))
    found = np.where(chosen, Story.WITHHELD, story)
    return np.where(deleted, Story.WITHHELD_AND_DELETED, found)


def _variants(clean: Columns, people: People, story: Ints, draw: Draw) -> tuple[Columns, Ints]:
    """Return the contents of corrections, and the keys that they belong to."""
    keys = np.flatnonzero(np.isin(story, _WITH_VARIANT))
    found = select(clean, keys)
    kind = story[keys]
    count = len(keys)
    moved = kind == Story.MOVED
    shift = draw.between(-6, 6, count)
    # A visit that somebody attended is not after the export that corrects it.
    shift = np.where(found["attendance"] == Attendance.MOTT, -np.abs(shift), shift)
    day = np.clip(found["day"] + shift, days.FIRST_DAY, days.LAST_DAY)
    who = np.maximum(found["person"], 0)
    day = np.maximum(day, np.minimum(people.born[who], found["day"]))
    found["day"][:] = np.where(moved, day, found["day"])
    found["minute"][:] = np.where(moved, found["minute"] + 35, found["minute"])
    # A move within one day would not change a row that has only a date.
    rooms = moved & (found["date_only"] == 1)
    found["department"][:] = np.where(rooms, found["department"] % 3 + 1, found["department"])
    _other_person(found, clean, keys, kind == Story.OTHER_PERSON)
    corrected = np.isin(kind, (Story.CORRECTED, Story.REPLACED, Story.DELETED_AND_BACK))
    weighed = corrected & (found["weight"] >= 0)
    found["weight"][:] += np.where(weighed, 100, 0).astype(np.int32)
    _other_attendance(found, corrected & ~weighed)
    found["attendance"][:] = np.where(
        kind == Story.PLANNED_FIRST, Attendance.PLANLAGT, found["attendance"]
    )
    found["ids"][:] = np.where(
        moved | (kind == Story.OTHER_PERSON),
        ids_known(found["person"], found["day"], people),
        found["ids"],
    )
    found["fault"][:] = Fault.NONE
    return found, keys


def _other_person(found: Columns, clean: Columns, keys: Ints, chosen: Bools) -> None:
    """Take the next row's person if of the same service and type, and change the department."""
    following = np.minimum(keys + 1, size(clean) - 1)
    alike = (clean["service"][following] == found["service"]) & (clean["person"][following] >= 0)
    other = chosen & alike & (clean["type"][following] == found["type"])
    found["person"][:] = np.where(other, clean["person"][following], found["person"])
    found["department"][:] = np.where(chosen, found["department"] % 3 + 1, found["department"])


def _other_attendance(found: Columns, chosen: Bools) -> None:
    """Correct rows without a weight in their duration or, if not held, in their attendance."""
    held = found["attendance"] == Attendance.MOTT
    found["duration"][:] += np.where(chosen & held, 5, 0).astype(np.int32)
    found["attendance"][:] = np.where(
        chosen & ~held, found["attendance"] % 3 + 1, found["attendance"]
    )
    found["department"][:] = np.where(chosen, found["department"] % 3 + 1, found["department"])


def _again(events: Events, story: Ints, sender: Sender, draw: Draw) -> Events:
    """Send the export of one period again, with the rows withheld the first time."""
    if sender.again < 0:
        return events
    first, turn = sender.again * TURNS_A_SLOT, sender.again_turn()
    copied = _taken_events(events, events.turn == first)
    again = Events(copied.key, copied.row, copied.operation, np.full(len(copied), turn))
    missing = np.flatnonzero(np.isin(story, (Story.WITHHELD, Story.WITHHELD_AND_DELETED)))
    deleted = missing[story[missing] == Story.WITHHELD_AND_DELETED]
    when = sender.again + 1 + draw.below(AGAIN - 1, len(deleted))
    lines = [
        events,
        again,
        Events(missing, missing, np.full(len(missing), UPSERT), np.full(len(missing), turn)),
        _lines(deleted, deleted, DELETE, when),
    ]
    return _joined_events(lines)


def _lags(draw: Draw, count: int) -> Ints:
    which = draw.among(_LAG_SHARES, count)
    return np.array(_LAGS)[which] + draw.below(np.maximum(np.array(_LAGS)[which], 1), count)


def _lines(key: Ints, row: Ints, operation: int, slot: Ints) -> Events:
    return Events(key, row, np.full(len(key), operation), slot * TURNS_A_SLOT)


def _joined_events(lines: list[Events]) -> Events:
    return Events(
        np.concatenate([one.key for one in lines]),
        np.concatenate([one.row for one in lines]),
        np.concatenate([one.operation for one in lines]),
        np.concatenate([one.turn for one in lines]),
    )


def _taken_events(events: Events, which: Ints | Bools) -> Events:
    return Events(events.key[which], events.row[which], events.operation[which], events.turn[which])
