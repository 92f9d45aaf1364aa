"""Divide a place's rows between two systems when it changes its EPJ.

The newer system begins with what it took over from the older one's journal, all in one night. For
some months both are in use: some visits are recorded in both, a few in the older one only. Visits
that were old when taken over have a date only, and some visits have another minute.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kpr_stream.model.words import System
from kpr_stream.simulate.nation.draw import Draw, Ints
from kpr_stream.simulate.nation.people.places import Place
from kpr_stream.simulate.nation.people.population import People
from kpr_stream.simulate.nation.records.faults import Fault
from kpr_stream.simulate.nation.records.slots import Sender, Slots, make_sender
from kpr_stream.simulate.nation.visits.assemble import (
    APPOINTMENT,
    FIRST_LOCAL_ID,
    ids_known,
    in_order,
)
from kpr_stream.simulate.nation.visits.visits import Columns, Origin, concat, select, size

OVERLAP_DAYS = 92
"""Days after the change during which the older system is still used."""
LATER_BY = 30
"""Minutes between the older and the newer system's exports of one night."""
_IN_BOTH, _IN_OLDER_ONLY = 350_000, 30_000
"""Shares of the consultations while both are in use."""
_TAKEN_OVER = 970_000
_OTHER_MINUTE, _OTHER_MINUTE_IN_BOTH = 120_000, 300_000
_DATE_ONLY = 50_000
_OLD_JOURNAL_DAYS = 2 * 365
"""Visits older than this at the change keep their date only."""


class Rows(NamedTuple):
    """One system's rows of a place. ``faulty`` is ``clean`` with faults."""

    clean: Columns
    faulty: Columns


def changes(place: Place, slots: Slots) -> bool:
    """Return whether the place changes its EPJ within the periods."""
    at = int(slots.of(np.array([place.change_day]))[0])
    return place.next_system is not None and 0 < at < len(slots)


def system_alone(place: Place, slots: Slots) -> System:
    """Return the only system of a place that does not change within the periods."""
    if place.next_system is None or place.change_day > int(slots.first[0]):
        return place.system
    return place.next_system


def senders(place: Place, slots: Slots, older: Draw, newer: Draw) -> tuple[Sender, Sender]:
    """Return the senders of the older and the newer system."""
    days = np.array([place.change_day, place.change_day + OVERLAP_DAYS])
    goes_live, ends = slots.of(days).tolist()
    return (
        make_sender(slots, 0, 0, min(ends + 1, len(slots)), older),
        make_sender(slots, 0, goes_live, len(slots), newer, later_by=LATER_BY),
    )


def divide_rows(rows: Rows, people: People, place: Place, draw: Draw) -> tuple[Rows, Rows]:
    """Divide the rows between the older and the newer system."""
    clean, faulty = rows
    count = size(clean)
    consultation = clean["type"] != APPOINTMENT
    before = clean["day"] < place.change_day
    while_both = ~before & (clean["day"] < place.change_day + OVERLAP_DAYS) & consultation
    in_both = while_both & draw.chance(_IN_BOTH, count)
    older_only = while_both & ~in_both & draw.chance(_IN_OLDER_ONLY, count)
    in_older = before | in_both | older_only
    number = np.cumsum(in_older) - 1
    real = clean["origin"] != Origin.REGISTERED_IN_ERROR
    brought = np.flatnonzero(before & consultation & real & draw.chance(_TAKEN_OVER, count))
    own = np.flatnonzero(~before & ~older_only)
    converted = _converted(select(clean, brought), number[brought], people, place, draw)
    lived = [_lived(select(part, own), number[own], in_both[own]) for part in (clean, faulty)]
    _other_minute(lived, in_both[own], draw)
    newer = Rows(concat([converted, lived[0]]), concat([converted, lived[1]]))
    order = in_order(newer.clean)
    newer = Rows(select(newer.clean, order), select(newer.faulty, order))
    local = FIRST_LOCAL_ID + np.arange(size(newer.clean))
    for part in newer:
        part["local"][:] = np.where(part["type"] == APPOINTMENT, part["local"], local)
    return _older(rows, in_older, in_both), newer


def _older(rows: Rows, in_older: Ints, in_both: Ints) -> Rows:
    """Return the older system's rows. Visits recorded in both have faults in the newer one only."""
    twice = in_both[in_older]
    clean, faulty = select(rows.clean, in_older), select(rows.faulty, in_older)
    for name in clean:
        faulty[name][twice] = clean[name][twice]
    for part in (clean, faulty):
        part["appointment"][twice] = -1
    return Rows(clean, faulty)


def _converted(found: Columns, same_as: Ints, people: People, place: Place, draw: Draw) -> Columns:
    count = size(found)
    found["origin"][:] = Origin.CONVERTED
    found["fault"][:] = Fault.NONE
    found["newer"][:] = 1
    found["same_as"][:] = same_as
    found["appointment"][:] = -1
    now = np.full(count, place.change_day)
    found["ids"][:] = ids_known(found["person"], now, people)
    other = draw.chance(_OTHER_MINUTE, count)
    found["minute"][:] += np.where(other, 5 * draw.between(1, 4, count), 0).astype(np.int32)
    old = found["day"] < place.change_day - _OLD_JOURNAL_DAYS
    found["date_only"][:] = old | draw.chance(_DATE_ONLY, count)
    return found


def _lived(found: Columns, same_as: Ints, in_both: Ints) -> Columns:
    found["newer"][:] = 1
    found["same_as"][:] = np.where(in_both, same_as, -1)
    held = found["origin"] == Origin.HELD
    found["origin"][:] = np.where(in_both & held, Origin.IN_BOTH_SYSTEMS, found["origin"])
    return found


def _other_minute(lived: list[Columns], in_both: Ints, draw: Draw) -> None:
    count = len(in_both)
    other = in_both & draw.chance(_OTHER_MINUTE_IN_BOTH, count)
    shift = np.where(other, 5 * draw.between(1, 4, count), 0).astype(np.int32)
    for part in lived:
        part["minute"][:] += shift
