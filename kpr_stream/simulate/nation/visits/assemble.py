"""Put together everything that happens in a place, in order, with the EPJ's own ids."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kpr_stream.simulate.nation.codes import Kind
from kpr_stream.simulate.nation.draw import Bools, Draw, Ints, Purpose, stream
from kpr_stream.simulate.nation.people.places import Place
from kpr_stream.simulate.nation.people.population import NOBODY, People
from kpr_stream.simulate.nation.visits import health_station, pregnancy, school, youth
from kpr_stream.simulate.nation.visits.measure import add_measures
from kpr_stream.simulate.nation.visits.visits import Columns, IdBits, Origin, concat, select, size

CONSULTATION, APPOINTMENT = 0, 1
FIRST_LOCAL_ID = 70_000
_TWICE, _IN_ERROR = 4_000, 6_000
"""Of a million visits, how many are registered twice, or on the wrong person."""
_BOOKED = {Kind.INDIVIDUELL: 45, Kind.HJEMMEBESOK: 60, Kind.GRUPPE: 40, Kind.EKSTRA: 15}
_BOOKED |= {Kind.SKOLESTARTUNDERSOKELSE: 30, Kind.HELSESAMTALE: 20, Kind.TELEFON: 10}
"""Per cent of the visits of a type that have an appointment in the EPJ's calendar."""
_NO_MEASURE = ("weight", "length", "head", "breastfeeding", "position", "discharge", "step")


_SERVICES: tuple[tuple[Callable[[Place, People, Draw], Columns], Purpose], ...] = (
    (health_station.visits, Purpose.HEALTH_STATION),
    (school.visits, Purpose.SCHOOL),
    (youth.visits, Purpose.YOUTH),
    (pregnancy.visits, Purpose.PREGNANCY),
)


def assemble(place: Place, people: People, seed: int) -> Columns:
    """Return consultations, then their appointments, each by unit and time, without faults."""
    made = concat(
        [
            visits(place, people, stream(seed, place.number, purpose))
            for visits, purpose in _SERVICES
        ]
    )
    lived = select(made, _is_there(made, people))
    visits = select(lived, in_order(lived))
    add_measures(visits, people, stream(seed, place.number, Purpose.MEASURE))
    visits = _with_errors(visits, seed, place)
    visits["ids"][:] = ids_known(visits["person"], visits["day"], people)
    visits["local"][:] = FIRST_LOCAL_ID + np.arange(size(visits))
    draw = stream(seed, place.number, Purpose.APPOINTMENTS)
    booked = np.flatnonzero(draw.chance(_chance_of_booking(visits), size(visits)))
    visits["appointment"][booked] = FIRST_LOCAL_ID + np.arange(len(booked))
    appointments = select(visits, booked)
    appointments["type"][:] = APPOINTMENT
    appointments["local"][:] = appointments["appointment"]
    for name in _NO_MEASURE:
        appointments[name][:] = -1
    return concat([visits, appointments])


def ids_known(person: Ints, day: Ints, people: People) -> Ints:
    """Return the best number by which a person is known on a day, as ``IdBits``."""
    who = np.maximum(person, 0)
    fnr = day >= people.fnr_from[who]
    dnr = ~fnr & (people.dnr[who] > 0)
    duf = ~fnr & ~dnr & (people.duf[who] > 0)
    bits = IdBits.FNR * fnr + IdBits.DNR * dnr + IdBits.DUF * duf
    return np.where(person == NOBODY, 0, bits)


def _is_there(visits: Columns, people: People) -> Bools:
    who = np.maximum(visits["person"], 0)
    since = np.maximum(people.arrive[who], people.born[who] - 400 * (people.child[who] != NOBODY))
    return np.asarray((visits["day"] >= since) & (visits["day"] >= people.born[who]))


def in_order(visits: Columns) -> Ints:
    """Return the order of visits by unit and time."""
    return np.lexsort(
        (visits["step"], visits["person"], visits["minute"], visits["day"], visits["unit"])
    )


def _with_errors(visits: Columns, seed: int, place: Place) -> Columns:
    """Register some visits twice, and some on another child of the same day."""
    draw = stream(seed, place.number, Purpose.EXTRA)
    known = visits["person"] != NOBODY
    twice = select(visits, draw.chance(_TWICE, size(visits)) & known)
    twice["origin"][:] = Origin.REGISTERED_TWICE
    twice["minute"] += draw.below(2, size(twice)).astype(np.int32) * 5
    wrong = np.flatnonzero(draw.chance(_IN_ERROR, size(visits)) & known)
    error = select(visits, wrong)
    other = np.minimum(wrong + 1, size(visits) - 1)
    same = (visits["unit"][other] == error["unit"]) & known[other]
    same &= visits["service"][other] == error["service"]
    error["person"][:] = np.where(same, visits["person"][other], error["person"])
    error["origin"][:] = Origin.REGISTERED_IN_ERROR
    whole = concat([visits, twice, error])
    return select(whole, in_order(whole))


def _chance_of_booking(visits: Columns) -> Ints:
    percent = np.zeros(size(visits), dtype=np.int64)
    for kind, share in _BOOKED.items():
        percent = np.where(visits["kind"] == kind, share, percent)
    usual = visits["origin"] == Origin.HELD
    return np.where(usual & (visits["person"] != NOBODY), percent * 10_000, 0)
