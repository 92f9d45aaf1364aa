"""Turn a place's rows into tables of plain values, for both exports and truth."""

from __future__ import annotations

import numpy as np
import polars as pl

from kpr_stream.connectors.mapping.systems import profile_of
from kpr_stream.model.words import System
from kpr_stream.simulate.nation.codes import steps
from kpr_stream.simulate.nation.draw import Ints
from kpr_stream.simulate.nation.people.numbers import wrong_check_digit
from kpr_stream.simulate.nation.people.places import Place
from kpr_stream.simulate.nation.people.population import NOBODY, People
from kpr_stream.simulate.nation.records.faults import ENDED_MUNICIPALITY, Fault
from kpr_stream.simulate.nation.visits.assemble import APPOINTMENT
from kpr_stream.simulate.nation.visits.visits import Columns, IdBits

_LONG_ID = "HP.{}.FELLES-INSTALLASJON.HELSESTASJON-OG-SKOLE.KONTAKT.{}"
"""Ids of the system that many units share: 76 characters."""
NOTHING_IS_MINUS_ONE = (
    *("step", "group", "weight", "weight_reason", "length", "position", "length_reason"),
    *("head", "head_reason", "breastfeeding", "discharge", "appointment"),
)
NOTHING_IS_ZERO = ("grade", "duration", "group_size")


def place_codes(place: Place) -> list[tuple[str, str | None]]:
    """Return every municipality and district code that the place's units have had.

    The last one is of a municipality that had ended before.
    """
    found = dict.fromkeys((code, district) for p in place.parts for _, code, district in p.codes)
    return [*found, (ENDED_MUNICIPALITY, None)]


def codes_at(place: Place, unit: Ints, day: Ints) -> Ints:
    """Return the index into ``place_codes`` of each unit's municipality on each day."""
    known = {code: n for n, code in enumerate(place_codes(place))}
    found = np.zeros(len(unit), dtype=np.int64)
    for number, of_place in enumerate(place.units):
        codes = place.parts[of_place.part].codes
        since = np.array([day for day, _, _ in codes])
        index = np.array([known[code, district] for _, code, district in codes])
        mine = unit == number
        at = np.maximum(np.searchsorted(since, day[mine], side="right") - 1, 0)
        found[mine] = index[at]
    return found


def carries_code(place: Place, rows: Columns, row: Ints, period_day: Ints) -> Ints:
    """Return the code that a line must carry because the unit's was another on its day; else -1.

    ``period_day`` is the first day of the period that each line is exported for.
    """
    unit = rows["unit"][row]
    then, now = codes_at(place, unit, rows["day"][row]), codes_at(place, unit, period_day)
    own = np.where(then != now, then, -1)
    wrong = rows["fault"][row] == Fault.ENDED_MUNICIPALITY
    found = np.where(wrong, len(place_codes(place)) - 1, own)
    return np.where(rows["type"][row] == APPOINTMENT, -1, found)


def table(place: Place, people: People, rows: Columns, row: Ints, system: System) -> pl.DataFrame:
    """Return the rows numbered ``row`` with nulls, numbers of persons, and local ids."""
    person = rows["person"][row]
    who = np.maximum(person, 0)
    named = person != NOBODY
    ids = rows["ids"][row]
    fnr = np.where(ids & IdBits.WRONG_DIGIT, wrong_check_digit(people.fnr[who]), people.fnr[who])
    columns = {name: column[row] for name, column in rows.items()}
    found = pl.DataFrame(columns).with_columns(
        pl.Series("fnr", np.where(ids & IdBits.FNR, fnr, -1)),
        pl.Series("true_fnr", people.fnr[who]),
        pl.Series("dnr", np.where(ids & IdBits.DNR, people.dnr[who], -1)),
        pl.Series("duf", np.where(ids & IdBits.DUF, people.duf[who], -1)),
        pl.Series("born", np.where(named, people.born[who] + rows["born_shift"][row], -1)),
        pl.Series("sex", np.where(named, people.sex[who] + 1, -1)),
        pl.Series("person", np.where(named, person, -1)),
    )
    nothing = (*NOTHING_IS_MINUS_ONE, "fnr", "dnr", "duf", "born", "sex", "person")
    return found.with_columns(
        *(pl.when(pl.col(name) >= 0).then(pl.col(name)).alias(name) for name in nothing),
        *(pl.when(pl.col(name) > 0).then(pl.col(name)).alias(name) for name in NOTHING_IS_ZERO),
    ).with_columns(local_id(place, system), person_local_id())


def local_id(place: Place, system: System) -> pl.Expr:
    """Return the EPJ's own id as text; null if the fault is a missing id."""
    number = pl.col("local").cast(pl.String)
    if profile_of(system).many_units:
        org_nr = pl.lit(pl.Series([unit.org_nr for unit in place.units])).gather(pl.col("unit"))
        number = pl.format(_LONG_ID, org_nr, number.str.zfill(8))
    with_id = pl.format("{}-{}", pl.col("true_fnr").cast(pl.String).str.zfill(11), pl.col("local"))
    appointment = pl.format("A{}", pl.col("local").cast(pl.String).str.zfill(8))
    return (
        pl.when(pl.col("type") == APPOINTMENT)
        .then(appointment)
        .when(pl.col("fault") == Fault.NO_ID)
        .then(None)
        .when(pl.col("fault") == Fault.ID_IN_LOCAL_ID)
        .then(with_id)
        .otherwise(number)
        .alias("local_id")
    )


def programme_steps(system: System) -> list[str]:
    """Return what a system writes for each step: the Volven 9505 code, or the programme's own."""
    own = profile_of(system).many_units
    return [step.code if own else step.volven for step in steps().values()]


def person_local_id() -> pl.Expr:
    """Return the EPJ's own id of a person, which differs in a place's second system."""
    prefix = pl.when(pl.col("newer") == 1).then(pl.lit("N")).otherwise(pl.lit("P"))
    return pl.concat_str([prefix, pl.col("person").cast(pl.String).str.zfill(6)]).alias(
        "person_local_id"
    )


def national_number() -> pl.Expr:
    """Return the national id that identifies a person, if a usable one was sent."""
    usable = pl.col("ids") & IdBits.WRONG_DIGIT == 0
    return pl.coalesce(pl.when(usable).then(pl.col("fnr")), "dnr", "duf")
