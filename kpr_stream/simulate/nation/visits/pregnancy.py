"""Make the visits of pregnancy and maternity care: controls, home visits, a check after birth."""

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
    concat,
    for_people,
    missed_appointments,
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
"""Days from the birth, and per cent of the women who see the municipality's midwife then. General
practitioners do the other controls and do not report here."""
_AFTER = (42, 35)


def visits(place: Place, people: People, draw: Draw) -> Columns:
    """Make every visit to and of the midwife."""
    mothers = np.flatnonzero(people.child != NOBODY)
    births = people.born[people.child[mothers]]
    found = []
    for offset, percent in _CONTROLS:
        who = np.flatnonzero(draw.chance(percent * 10_000, len(mothers)))
        day = births[who] + offset + draw.between(-4, 4, len(who))
        found.append(_visit(place, people, mothers[who], day, "SVANGERSKAPSKONTROLL"))
    found += [missed_appointments(one, draw, NOT_COME // 2) for one in found]
    who = np.flatnonzero(draw.chance(_AFTER[1] * 10_000, len(mothers)))
    day = births[who] + _AFTER[0] + draw.between(-4, 6, len(who))
    found.append(_visit(place, people, mothers[who], day, "ETTERKONTROLL"))
    found.append(_midwife_at_home(place, people, draw))
    return with_times(concat(found), draw)


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
    """Make the midwife's visits to newborn children, also at weekends."""
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
