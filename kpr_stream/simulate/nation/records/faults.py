"""Plant faults in rows, and say what effect each kind must have.

The truth's table of faults names every row with a fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from kpr_stream.simulate.nation.draw import Bools, Draw, Ints
from kpr_stream.simulate.nation.people.population import People
from kpr_stream.simulate.nation.visits.assemble import CONSULTATION
from kpr_stream.simulate.nation.visits.visits import Columns, IdBits, Origin, size

ENDED_MUNICIPALITY = "0706"
"""Sandefjord's code until the end of 2016: known, but never valid in the simulated years."""
UNKNOWN_KIND, KIND_WITH_ID = 100, 101
"""Numbers for consultation types that are not valid codes."""


class Fault(IntEnum):
    """Kinds of fault within one row."""

    NONE = 0
    WEIGHT_IN_OTHER_UNIT = 1
    LENGTH_IN_OTHER_UNIT = 2
    DIGITS_SWAPPED = 3
    WEIGHT_AS_TEXT = 4
    NO_ID = 5
    NO_START = 6
    WRONG_CHECK_DIGIT = 7
    SEVERAL_IDS = 8
    ID_IN_LOCAL_ID = 9
    ID_IN_CODE = 10
    UNKNOWN_CODE = 11
    ENDED_MUNICIPALITY = 12
    BORN_AFTER_START = 13


@dataclass(frozen=True, slots=True)
class FaultEffect:
    """The required effect of a fault. ``set_aside`` names a field of the contract."""

    share: int
    """Faults in a million rows that can have this one."""
    rejected: bool = False
    set_aside: str | None = None
    rule: str | None = None


FAULTS = {
    Fault.WEIGHT_IN_OTHER_UNIT: FaultEffect(3_000, set_aside="weight_g", rule="WEIGHT_UNIT_SLIP"),
    Fault.LENGTH_IN_OTHER_UNIT: FaultEffect(3_000, set_aside="length_mm", rule="LENGTH_UNIT_SLIP"),
    Fault.DIGITS_SWAPPED: FaultEffect(2_000),
    Fault.WEIGHT_AS_TEXT: FaultEffect(2_000, set_aside="weight_g", rule="FIELD_UNREADABLE"),
    Fault.NO_ID: FaultEffect(400, rejected=True, rule="CONSULTATION_ID_MISSING"),
    Fault.NO_START: FaultEffect(600, rejected=True, rule="START_MISSING"),
    Fault.WRONG_CHECK_DIGIT: FaultEffect(1_200, set_aside="fnr", rule="NATIONAL_ID_INVALID"),
    Fault.SEVERAL_IDS: FaultEffect(250_000, rule="SEVERAL_IDS"),
    Fault.ID_IN_LOCAL_ID: FaultEffect(
        300, set_aside="consultation_id", rule="LOCAL_ID_HOLDS_NATIONAL_ID"
    ),
    Fault.ID_IN_CODE: FaultEffect(
        300, set_aside="consultation_type", rule="CODE_UNUSABLE_CONSULTATION_TYPE"
    ),
    Fault.UNKNOWN_CODE: FaultEffect(1_000, rule="CODE_UNKNOWN_CONSULTATION_TYPE"),
    Fault.ENDED_MUNICIPALITY: FaultEffect(700, rule="MUNICIPALITY_NOT_VALID_THEN"),
    Fault.BORN_AFTER_START: FaultEffect(400, rule="BIRTH_DATE_AFTER_START"),
}
"""Share and effect of each fault. Swapped digits give a possible weight, which is kept."""


def with_faults(clean: Columns, people: People, draw: Draw) -> Columns:
    """Return a copy of the rows in which some have one fault each."""
    found = {name: column.copy() for name, column in clean.items()}
    for fault, expected in FAULTS.items():
        able = _able(fault, clean, people) & (found["fault"] == Fault.NONE)
        chosen = np.flatnonzero(able & draw.chance(expected.share, size(clean)))
        found["fault"][chosen] = fault
        _apply(fault, found, chosen, people, draw)
    return found


def _able(fault: Fault, rows: Columns, people: People) -> Bools:
    usual = (rows["type"] == CONSULTATION) & (rows["origin"] == Origin.HELD)
    has_fnr = rows["ids"] == IdBits.FNR
    person, weight = np.maximum(rows["person"], 0), rows["weight"]
    able = np.ones_like(usual)
    if fault in (Fault.WEIGHT_IN_OTHER_UNIT, Fault.WEIGHT_AS_TEXT):
        able = weight >= 1000
    elif fault is Fault.DIGITS_SWAPPED:
        able = (weight >= 1000) & (_swapped(weight) != weight)
    elif fault is Fault.LENGTH_IN_OTHER_UNIT:
        able = rows["length"] >= 0
    elif fault in (Fault.WRONG_CHECK_DIGIT, Fault.ID_IN_LOCAL_ID, Fault.ID_IN_CODE):
        able = has_fnr
    elif fault is Fault.SEVERAL_IDS:
        able = has_fnr & ((people.dnr[person] > 0) | (people.duf[person] > 0))
    elif fault is Fault.BORN_AFTER_START:
        able = rows["person"] >= 0
    return np.asarray(usual & able)


def _apply(fault: Fault, rows: Columns, chosen: Ints, people: People, draw: Draw) -> None:
    person = np.maximum(rows["person"][chosen], 0)
    if fault is Fault.WEIGHT_IN_OTHER_UNIT:
        rows["weight"][chosen] = _other_unit(rows["weight"][chosen], 1000, draw)
    elif fault is Fault.LENGTH_IN_OTHER_UNIT:
        rows["length"][chosen] = _other_unit(rows["length"][chosen], 10, draw)
    elif fault is Fault.DIGITS_SWAPPED:
        rows["weight"][chosen] = _swapped(rows["weight"][chosen])
    elif fault is Fault.WRONG_CHECK_DIGIT:
        rows["ids"][chosen] |= IdBits.WRONG_DIGIT
    elif fault is Fault.SEVERAL_IDS:
        rows["ids"][chosen] |= np.where(people.dnr[person] > 0, IdBits.DNR, IdBits.DUF)
    elif fault is Fault.ID_IN_CODE:
        rows["kind"][chosen] = KIND_WITH_ID
    elif fault is Fault.UNKNOWN_CODE:
        rows["kind"][chosen] = UNKNOWN_KIND
    elif fault is Fault.BORN_AFTER_START:
        rows["born_shift"][chosen] = rows["day"][chosen] - people.born[person] + 30


def _other_unit(value: Ints, factor: int, draw: Draw) -> Ints:
    larger = draw.chance(500_000, len(value))
    return np.where(larger, value * factor, value // factor)


def _swapped(value: Ints) -> Ints:
    """Return the values with their first two digits swapped."""
    unit = np.where(value >= 10_000, 1000, 100)
    head, tail = value // unit, value % unit
    return (head % 10 * 10 + head // 10) * unit + tail
