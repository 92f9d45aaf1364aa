"""Make the visits of youth health centres (HFU): evenings, mostly girls, some without a name."""

from __future__ import annotations

import numpy as np

from kpr_stream.model.words import Service
from kpr_stream.simulate.nation import days
from kpr_stream.simulate.nation.codes import DOCTOR, NURSE, NURSE_AND_DOCTOR, Form, Kind, steps
from kpr_stream.simulate.nation.draw import Draw
from kpr_stream.simulate.nation.people.numbers import FEMALE
from kpr_stream.simulate.nation.people.places import Place
from kpr_stream.simulate.nation.people.population import NOBODY, People
from kpr_stream.simulate.nation.visits.visits import Columns, concat, for_people, with_times

NO_NAME = 150_000
_A_YEAR = {
    14: (30, 10),
    15: (150, 40),
    16: (350, 80),
    17: (450, 110),
    18: (450, 120),
    19: (380, 100),
}
"""Visits in each year of age, per thousand girls and per thousand boys."""


def visits(place: Place, people: People, draw: Draw) -> Columns:
    """Make every visit at the youth health centres."""
    young = np.arange(people.children)
    found = []
    for age, (girls, boys) in _A_YEAR.items():
        share = np.where(people.sex[young] == FEMALE, girls, boys) * 1000
        who = young[draw.chance(share, len(young))]
        day = people.born[who] + age * 365 + age // 4 + draw.below(365, len(who))
        day = days.next_working_day(np.clip(day, days.FIRST_DAY - 400, days.LAST_DAY + 400))
        by_phone = draw.chance(60_000, len(who))
        found.append(
            for_people(
                place,
                people,
                who,
                day,
                Service.HFU,
                kind=np.where(by_phone, Kind.TELEFON, Kind.INDIVIDUELL),
                form=np.where(by_phone, Form.TELEFON, Form.PERSONLIG),
                step=steps()["HFU_KONSULTASJON"].index,
                roles=np.array((NURSE, NURSE_AND_DOCTOR, DOCTOR))[draw.among((6, 3, 1), len(who))],
            )
        )
    whole = with_times(concat(found), draw, opens=14, hours=5)
    nameless = draw.chance(NO_NAME, len(whole["person"]))
    whole["person"][nameless] = NOBODY
    return whole
