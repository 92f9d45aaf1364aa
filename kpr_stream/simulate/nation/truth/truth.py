"""What a perfect receiver must hold and how it must answer, by key, as Parquet.

| table | one row |
| --- | --- |
| ``records`` | a version of a consultation or appointment; ``current`` is the one at the end |
| ``outcomes`` | a line of an export: where it stands, and its outcome |
| ``faults`` | a line about which something is wrong or went on: what, and what must come of it |
| ``files`` | an export file: when it is sent, in which round |
| ``persons`` | somebody who lives in a place, with all their numbers |
| ``reservations`` | a person's no to kinds of data, from a day, perhaps revoked on another |

Files of a place are sent in the order of their rounds: a new one begins where the other system of
a place is next. Within a round each system's files are sent in order, and that is enough to be
answered as the table of outcomes says. ``same_as`` is the local id by which the older of two
systems knows a visit, whether that can be told from the records or not.

Contents are as they were sent. ``reserved`` names the kinds of data that must not be held of a
record: by a receiver that knows the reservations, each under every number of its person.

``valid_from`` is when a line was sent: what is held at a time is the last version of each key sent
before. Times are milliseconds since 1970, dates days.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path

import numpy as np
import polars as pl
from polars import col, lit

from kpr_stream.model.words import OUTCOMES, MessageType, Service
from kpr_stream.simulate.nation import codes
from kpr_stream.simulate.nation.assemble import APPOINTMENT
from kpr_stream.simulate.nation.draw import PER, Bools, Ints, below_of
from kpr_stream.simulate.nation.export.write import Series, Written
from kpr_stream.simulate.nation.people.places import Place
from kpr_stream.simulate.nation.people.population import NEVER, NOBODY, Left, People
from kpr_stream.simulate.nation.records.faults import FAULTS, KIND_WITH_ID, UNKNOWN_KIND, Fault
from kpr_stream.simulate.nation.records.history import DELETE, KEEP, UPSERT, Story
from kpr_stream.simulate.nation.records.lines import (
    carries_code,
    codes_at,
    national_number,
    place_codes,
    programme_steps,
    table,
)
from kpr_stream.simulate.nation.truth.receive import Received
from kpr_stream.simulate.nation.visits.visits import Origin, Sent

MESSAGE_TYPES = (MessageType.CONSULTATION.value, MessageType.APPOINTMENT.value)
_STATUSES = ("", "live", "deleted", "superseded")
OPERATIONS = {UPSERT: "upsert", DELETE: "delete", KEEP: "keep"}
RESERVATION_KINDS = ("growth", "weight", "breastfeeding", "head_circumference")
"""As kpr.rights names them."""
_RESERVED, _REVOKED = 10_000, 300_000
_MINUTE_MS = 60_000
_RESERVATION = ("kinds", "from", "revoked")


def records(
    series: Series,
    received: Received,
    reserved: pl.DataFrame,
    older: Series | None = None,
) -> pl.DataFrame:
    """Every version of every key, in the order of time. ``reserved``: the place's reservations;
    ``older``: its other series, if this is the one that took its journals over."""
    told, sender, versions = series.told, series.sender, received.versions
    events = told.events
    row, turn = events.row[versions.event], events.turn[versions.event]
    period_day = sender.slots.first[sender.periods(turn)]
    carries = carries_code(series.place, told.rows, row, period_day)
    unit_code = codes_at(series.place, told.rows["unit"][row], period_day)
    lines = table(series.place, series.people, told.rows, row, series.system)
    return (
        lines.with_columns(
            _word("status", versions.status, _STATUSES),
            pl.Series("code", np.where(carries >= 0, carries, unit_code)),
            pl.Series("valid_from", versions.since * _MINUTE_MS),
            pl.Series("extracted_at", sender.extracted(turn) * _MINUTE_MS),
            pl.Series("current", _last(versions.key)),
            _other_ids(told.rows["same_as"][row], older).alias("same_as"),
        )
        .join(reserved.select("person", *_RESERVATION), on="person", how="left")
        .with_columns(reserved=_reserved_on_the_day())
        .select(
            *_keys(series),
            *("status", "current", "valid_from", "extracted_at", "same_as", "reserved"),
            *_content(series),
        )
        .with_columns(
            pl.when(col("status") == "live").then(col(name)).alias(name)
            for name in _content_names()
        )
    )


def _reserved_on_the_day() -> pl.Expr:
    """The kinds that somebody has reserved, where they are known by a number."""
    holds = (col("day") >= col("from")) & (col("revoked").is_null() | (col("day") < col("revoked")))
    told = holds & (col("status") == "live") & national_number().is_not_null()
    return pl.when(told).then(col("kinds"))


def _other_ids(same_as: Ints, older: Series | None) -> pl.Series:
    """The local ids of the older system's records of the same visits."""
    if older is None:
        return pl.Series([None] * len(same_as), dtype=pl.String)
    at = np.maximum(same_as, 0)
    ids = table(older.place, older.people, older.told.rows, at, older.system)["local_id"]
    return pl.select(pl.when(pl.Series(same_as) >= 0).then(ids)).to_series()


def outcomes(series: Series, received: Received, written: Written) -> pl.DataFrame:
    """Every line of every file with its outcome."""
    told = series.told
    lines = table(series.place, series.people, told.rows, told.events.row, series.system)
    return lines.select(
        *_keys(series),
        pl.Series("file_number", written.file_number),
        pl.Series("index", written.index),
        _word("operation", told.events.operation, [OPERATIONS[n] for n in range(3)]),
        _word("outcome", received.outcome, [o.value for o in OUTCOMES]),
    )


def faults(series: Series, received: Received, written: Written) -> pl.DataFrame:
    """The lines of rows that are wrong, were registered wrongly, or have a story."""
    told = series.told
    key, row = told.events.key, told.events.row
    fault = told.rows["fault"][row]
    origin, story = told.rows["origin"][row], told.story[key]
    nothing = np.zeros_like(fault)
    kinds = (
        (fault != Fault.NONE, _words("fault", fault, Fault), fault),
        (origin != Origin.HELD, _words("fault", origin, Origin), nothing),
        (story != Story.PLAIN, _words("fault", story, Story), nothing),
    )
    every = outcomes(series, received, written)
    found = [
        every.with_columns(named, _of_fault("rule", in_row), _of_fault("set_aside", in_row)).filter(
            pl.Series(which)
        )
        for which, named, in_row in kinds
    ]
    return pl.concat(found)


def files(series: Sequence[Series], written: Sequence[Written]) -> pl.DataFrame:
    """Every file of a place, in the order of sending."""
    one_by_one = pl.concat(
        pl.DataFrame(
            {
                "place": one.place.name,
                "system": one.system.value,
                "path": [file.path for file in wrote.files],
                "file_number": [file.number for file in wrote.files],
                "sent_at": [file.sent * _MINUTE_MS for file in wrote.files],
            },
            schema_overrides={"file_number": pl.Int64, "sent_at": pl.Int64},
        )
        for one, wrote in zip(series, written, strict=True)
    ).sort("sent_at", "file_number", maintain_order=True)
    other = col("system") != col("system").shift()
    return one_by_one.with_columns(round=other.cum_sum().fill_null(0))


def _of_fault(what: str, fault: Ints) -> pl.Series:
    table_of = pl.Series([_expected(n, what) for n in range(len(Fault))], dtype=pl.String)
    return table_of.gather(pl.Series(fault)).alias(what)


def persons(place: Place, people: People) -> pl.DataFrame:
    """Everybody of a place."""
    number = np.arange(len(people))
    return pl.DataFrame(
        {
            "place": [place.name] * len(people),
            "municipality_code": [place.code] * len(people),
            "person": number,
            "born": people.born,
            "sex": people.sex + 1,
            "fnr": _or_nothing(people.fnr),
            "fnr_from": people.fnr_from,
            "dnr": _or_nothing(people.dnr),
            "duf": _or_nothing(people.duf),
            "arrived": people.arrive,
            "left": people.leave,
            "why_left": [Left(n).name for n in people.left.tolist()],
            "twin_of": people.twin,
            "mother_of": people.child,
        }
    ).with_columns(
        pl.when(col("fnr_from") < NEVER).then(col("fnr_from")).alias("fnr_from"),
        pl.when(col("twin_of") != NOBODY).then(col("twin_of")).alias("twin_of"),
        pl.when(col("mother_of") != NOBODY).then(col("mother_of")).alias("mother_of"),
    )


def reservations(place: Place, people: People, first: int, last: int, seed: int) -> pl.DataFrame:
    """Some people's no, the same wherever they live; kinds as a comma-separated list."""
    who = np.flatnonzero(below_of(people.fnr, seed, 0, PER) < _RESERVED)
    number = people.fnr[who]
    since = first + below_of(number, seed, 1, max(last - first, 1))
    until = since + 30 + below_of(number, seed, 2, 870)
    revoked = (below_of(number, seed, 3, PER) < _REVOKED) & (until <= last)
    masks = (1 + below_of(number, seed, 4, 2 ** len(RESERVATION_KINDS) - 1)).tolist()
    kinds = [
        ",".join(kind for n, kind in enumerate(RESERVATION_KINDS) if mask >> n & 1)
        for mask in masks
    ]
    return pl.DataFrame(
        {
            "place": [place.name] * len(who),
            "person": who,
            "fnr": _or_nothing(people.fnr[who]),
            "dnr": _or_nothing(people.dnr[who]),
            "duf": _or_nothing(people.duf[who]),
            "kinds": pl.Series(kinds, dtype=pl.String),
            "from": since,
            "revoked": pl.Series(np.where(revoked, until, -1)),
        }
    ).with_columns(pl.when(col("revoked") >= 0).then(col("revoked")).alias("revoked"))


def write_table(frame: pl.DataFrame, folder: Path, table_name: str, part: str) -> None:
    """One part of a table; a reader takes all parts of a folder together."""
    path = folder / table_name / f"{part}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(path, compression="zstd", statistics=False)


def _keys(series: Series) -> list[pl.Expr]:
    org_nr = pl.Series([unit.org_nr for unit in series.place.units])
    return [
        lit(series.system.value).alias("system"),
        lit(org_nr).gather(col("unit")).alias("org_nr"),
        lit(pl.Series(MESSAGE_TYPES)).gather(col("type")).alias("message_type"),
        col("local_id"),
    ]


def _content_names() -> tuple[str, ...]:
    return tuple(_content_exprs([], []))


def _content(series: Series) -> list[pl.Expr]:
    found = _content_exprs(place_codes(series.place), programme_steps(series.system))
    return [expr.alias(name) for name, expr in found.items()]


def _content_exprs(
    own: Sequence[tuple[str, str | None]], steps: Sequence[str]
) -> dict[str, pl.Expr]:
    """The fields of the cleaned record that follow from what was sent, by name."""
    consultation = col("type") != APPOINTMENT
    sent_weight = col("fault").is_in([Fault.WEIGHT_IN_OTHER_UNIT, Fault.WEIGHT_AS_TEXT])
    kinds = [*_names(codes.Kind)]
    aside = lit(
        pl.Series([_expected(n, "set_aside") for n in range(len(Fault))], dtype=pl.String)
    ).gather(col("fault"))
    roles = pl.Series([",".join(roles) for roles in codes.ROLES])
    kind = (
        pl.when(col("kind") == UNKNOWN_KIND)
        .then(lit("KURS"))
        .when(col("kind") != KIND_WITH_ID)
        .then(_text("kind", kinds))
    )
    return {
        "person_kind": _person_kind(),
        "person_number": _person_number(),
        "date": col("day"),
        "minute": pl.when(col("date_only") == 0).then(col("minute")),
        "consultation_type": kind,
        "attendance": _text("attendance", _names(codes.Attendance)),
        "service": pl.when(consultation).then(_text("service", tuple(Service))),
        "contact_form": pl.when(consultation).then(_text("form", _names(codes.Form))),
        "programme_step_reported": _text("step", steps),
        "grade": col("grade"),
        "duration_minutes": pl.when(consultation).then(col("duration")),
        "group_size": pl.when(consultation).then(col("group_size")),
        "practitioner_roles": pl.when(consultation).then(lit(roles).gather(col("roles"))),
        "sex": col("sex").cast(pl.String),
        "age_days": pl.when(col("day") >= col("born")).then(col("day") - col("born")),
        "weight_g": pl.when(~sent_weight).then(col("weight")),
        "weight_reason_not_measured": _text("weight_reason", _names(codes.Reason)),
        "length_mm": pl.when(col("fault") != Fault.LENGTH_IN_OTHER_UNIT).then(col("length")),
        "length_position": _text("position", _names(codes.Position)),
        "length_reason_not_measured": _text("length_reason", _names(codes.Reason)),
        "head_circumference_mm": col("head"),
        "head_circumference_reason_not_measured": _text("head_reason", _names(codes.Reason)),
        "breastfeeding": _text("breastfeeding", _names(codes.Breastfeeding)),
        "maternity_discharge_date": col("discharge"),
        "municipality_code": _text_at("code", [code for code, _ in own]),
        "district_code": _text_at("code", [district for _, district in own]),
        "set_aside": aside,
        "fault": _text("fault", _names(Fault)),
    }


def _person_kind() -> pl.Expr:
    usable = col("ids") & Sent.WRONG_DIGIT == 0
    return (
        pl.when(col("fnr").is_not_null() & usable)
        .then(lit("fnr"))
        .when(col("dnr").is_not_null())
        .then(lit("dnr"))
        .when(col("duf").is_not_null())
        .then(lit("duf"))
        .when(col("person").is_not_null())
        .then(lit("local"))
    )


def _person_number() -> pl.Expr:
    usable = col("ids") & Sent.WRONG_DIGIT == 0
    return pl.coalesce(
        pl.when(usable).then(col("fnr").cast(pl.String).str.zfill(11)),
        col("dnr").cast(pl.String).str.zfill(11),
        col("duf").cast(pl.String).str.zfill(12),
        col("person_local_id"),
    )


def _text(name: str, values: Sequence[str]) -> pl.Expr:
    index = pl.when(col(name) < len(values)).then(col(name))
    return lit(pl.Series([str(value) for value in values])).gather(index)


def _text_at(name: str, values: Sequence[str | None]) -> pl.Expr:
    return lit(pl.Series(values, dtype=pl.String)).gather(col(name))


def _names(members: type[IntEnum]) -> tuple[str, ...]:
    return tuple(member.name for member in members)


def _word(name: str, index: Ints, values: Sequence[str]) -> pl.Series:
    return pl.Series(values).gather(pl.Series(index)).alias(name)


def _words(name: str, index: Ints, members: type[IntEnum]) -> pl.Series:
    return _word(name, index, [member.name.lower() for member in members])


def _expected(number: int, what: str) -> str | None:
    expected = FAULTS.get(Fault(number))
    return getattr(expected, what) if expected else None


def _or_nothing(numbers: Ints) -> pl.Series:
    return pl.Series([str(n) if n > 0 else None for n in numbers.tolist()], dtype=pl.String)


def _last(key: Ints) -> Bools:
    """Which of the versions, in order of sending, is the last of its key."""
    order = np.argsort(key, kind="stable")
    last = np.ones(len(key), dtype=np.bool_)
    last[order[:-1]] = key[order][1:] != key[order][:-1]
    return last
