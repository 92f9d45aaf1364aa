"""Make the visits of the health station, 0 to 5 years, in the programme and outside it."""

from __future__ import annotations

import numpy as np

from kpr_stream.model.words import Service
from kpr_stream.simulate.nation import days
from kpr_stream.simulate.nation.codes import NURSE, Attendance, Form, Kind, Step, steps
from kpr_stream.simulate.nation.draw import PER, Draw, Ints
from kpr_stream.simulate.nation.levels import TAKES_PART, level
from kpr_stream.simulate.nation.people.places import Place
from kpr_stream.simulate.nation.people.population import People
from kpr_stream.simulate.nation.visits.visits import (
    PANDEMIC,
    Columns,
    concat,
    for_people,
    missed_appointments,
    select,
    size,
    with_times,
)

LARGEST_GROUP = 8
NOT_COME = 45_000
"""Share of the held visits with an earlier appointment that was not held."""
_EXTRA_A_YEAR = (900_000, 450_000, 250_000, 200_000, 150_000)
"""Visits outside the programme in each year of life, per million children."""
_EXTRA_KINDS = (Kind.EKSTRA, Kind.TELEFON, Kind.APEN_HELSESTASJON, Kind.VAKSINASJON, Kind.VIDEO)
_EXTRA_SHARES = (35, 30, 20, 10, 5)
_EARLIEST = {"MND_15": -14, "AR_2": -10, "AR_4": -30}
_SPREAD = {"UKE_4": 6, "MND_8": 20, "MND_10": 16, "MND_12": 16, "MND_15": 22, "MND_17_18": 24}
_SPREAD |= {"AR_2": 50, "AR_4": 70}
_KOSTRA = {"AR_2": ("K4", 2), "AR_4": ("K5", 4)}
"""Indicator of a step, and the age in years at which the indicator counts it."""


def visits(place: Place, people: People, draw: Draw) -> Columns:
    """Make every visit of the health station."""
    children = np.arange(people.children)
    home = people.born[children] + draw.between(2, 4, len(children))
    found = [_home_visits(place, people, children, home, draw)]
    found += [
        _step(place, people, children, step, draw)
        for step in steps().values()
        if step.code not in ("FODSEL", "JORDMOR_3D", "HJEMMEBESOK")
        and 0 < step.target_days <= steps()["AR_4"].target_days
    ]
    found += [missed_appointments(one, draw, NOT_COME) for one in found]
    found.append(_extra(place, people, children, draw))
    return with_times(concat(found), draw)


def _home_visits(place: Place, people: People, children: Ints, home: Ints, draw: Draw) -> Columns:
    """Make home visits: the published share within two weeks of coming home, the rest late."""
    count = len(children)
    in_time = draw.chance(level("K1", _year(people.born[children])), count)
    late = ~in_time & draw.chance(500_000, count)
    after = np.where(in_time, draw.between(4, 8, count), draw.between(15, 17, count))
    day = days.next_working_day(_clipped(home + after))
    who = np.flatnonzero(in_time | late)
    step = steps()["HJEMMEBESOK"]
    return for_people(
        place,
        people,
        children[who],
        day[who],
        Service.HELSESTASJON_0_5,
        kind=Kind.HJEMMEBESOK,
        form=Form.HJEMMEBESOK,
        step=step.index,
        roles=step.roles,
        discharge=home[who],
    )


def _step(place: Place, people: People, children: Ints, step: Step, draw: Draw) -> Columns:
    born = people.born[children]
    spread = _SPREAD.get(step.code, 12)
    early = _EARLIEST.get(step.code, -spread // 3)
    count = len(children)
    delay = early + draw.below(spread // 2, count) + draw.below(spread - spread // 2, count)
    if step.code == "UKE_6":
        delay = draw.between(-4, 7, count)
    planned = born + step.target_days + delay
    comes = draw.chance(_comes(step, born, planned), count)
    late = ~comes & draw.chance(_late(step), count)
    day = days.next_working_day(
        _clipped(np.where(late, planned + _late_by(step, draw, count), planned))
    )
    who = np.flatnonzero(comes | late)
    kind, form = (Kind.GRUPPE, Form.GRUPPE) if step.group else (Kind.INDIVIDUELL, Form.PERSONLIG)
    found = for_people(
        place,
        people,
        children[who],
        day[who],
        Service.HELSESTASJON_0_5,
        kind=kind,
        form=form,
        step=step.index,
        roles=step.roles,
    )
    return grouped(found, step) if step.group else found


def _comes(step: Step, born: Ints, day: Ints) -> Ints:
    if step.code == "UKE_6":
        return level("K3", _year(born + 56))
    if step.code in _KOSTRA:
        indicator, age = _KOSTRA[step.code]
        return level(indicator, _year(born) + age)
    usual = TAKES_PART[step.code] * PER // 100
    shut = (day >= PANDEMIC[0]) & (day < PANDEMIC[1])
    return np.where(shut & (not step.group), usual * 6 // 10, usual)


def _late(step: Step) -> int:
    return 600_000 if step.code in ("UKE_6", "AR_2", "AR_4") else 0


def _late_by(step: Step, draw: Draw, count: int) -> Ints:
    """Return a delay beyond the age up to which a visit counts: 55 days, 3 years, 5 years."""
    return {"UKE_6": 22, "AR_2": 390, "AR_4": 400}.get(step.code, 0) + draw.below(30, count)


def grouped(columns: Columns, step: Step) -> Columns:
    """Move the visits of one week to one day, with at most eight children together."""
    week = (columns["day"] + 3) // 7
    weekday = (columns["unit"] + step.index) % 5
    columns["day"][:] = days.next_working_day(week * 7 - 3 + weekday)
    called_off = (columns["day"] >= PANDEMIC[0]) & (columns["day"] < PANDEMIC[1])
    columns["attendance"][:] = np.where(
        called_off, Attendance.AVLYST_AV_TJENESTEN, columns["attendance"]
    )
    meeting = columns["unit"].astype(np.int64) * 100_000 + week
    order = np.argsort(meeting, kind="stable")
    _, first, count = np.unique(meeting[order], return_index=True, return_counts=True)
    rank = np.arange(len(order)) - np.repeat(first, count)
    table = rank // LARGEST_GROUP
    together = np.minimum(np.repeat(count, count) - table * LARGEST_GROUP, LARGEST_GROUP)
    columns["group"][order] = (week[order] * 100 + step.index) * 100 + table
    columns["group_size"][order] = together
    columns["minute"][order] = 9 * 60 + 30 * (table % 10)
    return select(columns, columns["day"] <= days.LAST_DAY)


def _extra(place: Place, people: People, children: Ints, draw: Draw) -> Columns:
    found = []
    for age, share in enumerate(_EXTRA_A_YEAR):
        who = children[draw.chance(share, len(children))]
        day = people.born[who] + age * 365 + draw.between(10, 364, len(who))
        kind = np.array(_EXTRA_KINDS)[draw.among(_EXTRA_SHARES, len(who))]
        found.append(
            for_people(
                place,
                people,
                who,
                days.next_working_day(_clipped(day)),
                Service.HELSESTASJON_0_5,
                kind=kind,
                form=_form_of(kind),
                roles=NURSE,
            )
        )
    return concat(found) if any(size(one) for one in found) else found[0]


def _form_of(kind: Ints) -> Ints:
    by_phone = np.where(kind == Kind.TELEFON, Form.TELEFON, Form.PERSONLIG)
    return np.where(kind == Kind.VIDEO, Form.VIDEO, by_phone)


def _year(day: Ints) -> Ints:
    return days.years(day)


def _clipped(day: Ints) -> Ints:
    """Limit days to the calendar's tables; days outside the years are dropped later."""
    return np.clip(day, days.FIRST_DAY - 400, days.LAST_DAY + 400)
