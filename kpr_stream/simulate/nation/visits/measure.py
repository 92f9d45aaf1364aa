"""Add measurements to visits: weight, length, head circumference, breastfeeding.

Each child follows its own track. A preterm child starts lower and catches up in two years.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kpr_stream.simulate.nation.codes import (
    Attendance,
    Breastfeeding,
    Form,
    Kind,
    Position,
    Reason,
    steps,
)
from kpr_stream.simulate.nation.draw import Bools, Draw, Ints
from kpr_stream.simulate.nation.levels import BREASTFED
from kpr_stream.simulate.nation.people.population import People
from kpr_stream.simulate.nation.visits import growth
from kpr_stream.simulate.nation.visits.visits import Columns, size

NOT_MEASURED = 40_000
"""Share of the expected measures that are not taken."""
_REASONS = (Reason.BARNET_UROLIG, Reason.IKKE_ONSKET, Reason.MALT_ANNET_STED, Reason.UTSTYR, -1)
_REASON_SHARES = (35, 20, 15, 10, 20)
_ALSO_MEASURED = {"UKE_4": 40, "MND_8": 50, "MND_17_18": 15, "MND_4": 10}
"""Per cent who are measured at steps without an expected measure."""
_PRETERM = 60_000
_CATCHES_UP_DAYS = 730
_LYING_UNTIL = 730
_NOT_ASKED, _UNKNOWN = 30_000, 5_000


def add_measures(columns: Columns, people: People, draw: Draw) -> Columns:
    """Add what was measured and asked to the visits, in place."""
    person = np.maximum(columns["person"], 0)
    held = (columns["attendance"] == Attendance.MOTT) & (columns["person"] >= 0)
    seen = held & (columns["form"] != Form.TELEFON) & (columns["form"] != Form.VIDEO)
    age = columns["day"] - people.born[person]
    wanted = {name: _wanted(columns, name) & seen for name in ("weight", "length", "head")}
    also = seen & draw.chance(_also(columns, age), size(columns))
    z = _tracks(people, person, age, draw)
    sex = people.sex[person]
    values = {
        "weight": _rounded_weight(growth.weight_g(sex, np.maximum(age, 0), z["weight"]), age),
        "length": _rounded(growth.length_tenths(sex, np.maximum(age, 0), z["length"]), 50),
        "head": _rounded(growth.head_tenths(sex, np.maximum(age, 0), z["head"]), 20),
    }
    young = age < growth.LAST_DAY_TABLE
    for name, value in values.items():
        asked = wanted[name] | (also & ((name != "head") | (young & (age < 365))))
        left_out = wanted[name] & draw.chance(NOT_MEASURED, size(columns))
        columns[name][:] = np.where(asked & ~left_out, value, -1)
        why = np.array(_REASONS)[draw.among(_REASON_SHARES, size(columns))]
        columns[f"{name}_reason"][:] = np.where(left_out, why, -1)
    position = np.where(age <= _LYING_UNTIL, Position.LIGGENDE, Position.STAENDE)
    columns["position"][:] = np.where(columns["length"] >= 0, position, -1)
    _ask_about_milk(columns, people, person, age=age, held=held, draw=draw)
    return columns


def _wanted(columns: Columns, measure: str) -> Bools:
    expects = [step.index for step in steps().values() if getattr(step, measure)]
    return np.isin(columns["step"], expects)


def _also(columns: Columns, age: Ints) -> Ints:
    percent = np.where((columns["kind"] == Kind.EKSTRA) & (age < 1000), 30, 0)
    for code, share in _ALSO_MEASURED.items():
        percent = np.where(columns["step"] == steps()[code].index, share, percent)
    return percent * 10_000


def _tracks(people: People, person: Ints, age: Ints, draw: Draw) -> Mapping[str, Ints]:
    count = len(people)
    weight = draw.normal(count)
    length = (600 * weight + 800 * draw.normal(count)) // 1000
    head = (400 * weight + 900 * draw.normal(count)) // 1000
    early = np.where(draw.chance(_PRETERM, count), -900 - np.abs(draw.normal(count)), 0)
    behind = np.maximum(_CATCHES_UP_DAYS - age, 0) * early[person] // _CATCHES_UP_DAYS
    found = {}
    for name, track in (("weight", weight), ("length", length), ("head", head)):
        around = draw.normal(len(person)) * 150 // 1000
        found[name] = np.clip(track[person] * 900 // 1000 + behind + around, -3800, 3400)
    return found


def _rounded(tenths: Ints, step: int) -> Ints:
    """Return millimetres as read: to half a centimetre (50) or two millimetres (20)."""
    return (tenths + step // 2) // step * (step // 10)


def _rounded_weight(grams: Ints, age: Ints) -> Ints:
    fine, coarse = (grams + 5) // 10 * 10, (grams + 50) // 100 * 100
    return np.where(age < _LYING_UNTIL, fine, coarse)


def breastfed_share(kind: str, age: Ints) -> Ints:
    """Return how many of 10,000 children are breastfed (``any``) or fully so, by age in days."""
    points = {0: 97.0 if kind == "any" else 88.0, **BREASTFED[kind]}
    points |= {730: 4.0, 900: 0.0} if kind == "any" else {230: 0.0}
    at = np.array(sorted(points))
    share = np.array([round(points[day] * 100) for day in sorted(points)])
    which = np.clip(np.searchsorted(at, age, side="right") - 1, 0, len(at) - 2)
    gone = np.clip(age - at[which], 0, at[which + 1] - at[which])
    lost = (share[which] - share[which + 1]) * gone // (at[which + 1] - at[which])
    return np.asarray(share[which] - lost)


def _ask_about_milk(
    columns: Columns, people: People, person: Ints, *, age: Ints, held: Bools, draw: Draw
) -> None:
    weaning = draw.below(10_000, len(people))[person]
    status = np.where(
        weaning < breastfed_share("fully", age),
        Breastfeeding.FULLAMMET,
        np.where(
            weaning < breastfed_share("any", age),
            Breastfeeding.DELVIS_AMMET,
            Breastfeeding.IKKE_AMMET,
        ),
    )
    count = size(columns)
    status = np.where(draw.chance(_NOT_ASKED, count), Breastfeeding.IKKE_SPURT, status)
    status = np.where(draw.chance(_UNKNOWN, count), Breastfeeding.UKJENT, status)
    asked = held & _wanted(columns, "breastfeeding")
    columns["breastfeeding"][:] = np.where(asked, status, -1)
