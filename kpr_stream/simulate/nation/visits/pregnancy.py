"""Pregnancy and maternity care: controls, the midwife's visit home, a check after the birth."""

from __future__ import annotations

import numpy as np

from kpr_stream.model.words import Service
from kpr_stream.simulate.nation import days
from kpr_stream.simulate.nation.codes import MIDWIFE, Form, Kind, steps
from kpr_stream.simulate.nation.draw import Draw, Ints
from kpr_stream.simulate.nation.levels import TAKES_PART
from kpr_stream.simulate.nation.people.places import Place
from kpr_stream.simulate.nation.people.population import NOBODY, People
from kpr_stream.simulate.nation.visits.health_station import NOT_COME
from kpr_stream.simulate.nation.visits.visits import (
    Columns,
    for_people,
    joined,
    not_come,
    with_times,
)

_CONTROLS = (
    (-196, 65),
    (-140, 60),
    (-112, 60),
    (-84, 70),
    (-56, 75),
    (-35, 75),
    (-21, 70),
    (-10, 50),
)
"""Days from the birth, and per cent of the women who see the municipality's midwife then; the
other controls are at the general practitioner's, who does not report here."""
_AFTER = (42, 35)


def visits(place: Place, people: People, draw: Draw) -> Columns:
    """Everything at the midwife's."""
    mothers = np.flatnonzero(people.child != NOBODY)
    births = people.born[people.child[mothers]]
    found = []
    for offset, percent in _CONTROLS:
        who = np.flatnonzero(draw.chance(percent * 10_000, len(mothers)))
        day = births[who] + offset + draw.between(-4, 4, len(who))
        found.append(_visit(place, people, mothers[who], day, "SVANGERSKAPSKONTROLL"))
    found += [not_come(one, draw, NOT_COME // 2) for one in found]
    who = np.flatnonzero(draw.chance(_AFTER[1] * 10_000, len(mothers)))
    day = births[who] + _AFTER[0] + draw.between(-4, 6, len(who))
    found.append(_visit(place, people, mothers[who], day, "ETTERKONTROLL"))
    found.append(_midwife_at_home(place, people, draw))
    return with_times(joined(found), draw)


def _visit(place: Place, people: People, who: Ints, day: Ints, step: str) -> Columns:
    return for_people(
        place,
        people,
        who,
        days.next_working_day(np.clip(day, days.FIRST_DAY - 400, days.LAST_DAY + 400)),
        Service.SVANGERSKAP_BARSEL,
        step=steps()[step].index,
        roles=MIDWIFE,
    )


def _midwife_at_home(place: Place, people: People, draw: Draw) -> Columns:
    """The midwife sees the newborn child; the midwife's visits go on at weekends."""
    children = np.arange(people.children)
    share = TAKES_PART["JORDMOR_3D"] * 10_000
    who = children[draw.chance(share, len(children))]
    day = people.born[who] + draw.between(2, 5, len(who))
    step = steps()["JORDMOR_3D"]
    return for_people(
        place,
        people,
        who,
        day,
        Service.SVANGERSKAP_BARSEL,
        kind=Kind.HJEMMEBESOK,
        form=Form.HJEMMEBESOK,
        step=step.index,
        roles=step.roles,
    )
