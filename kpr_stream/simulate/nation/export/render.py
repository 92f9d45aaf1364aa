"""Render lines as the JSON of an EPJ, with its codes, units, dates, clocks and ids.

Lines are columns of text. Absent values have no key, as in the exports.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from enum import IntEnum
from functools import cache

import polars as pl
from polars import col, lit

from kpr_stream.connectors.mapping.profile import Clock, Profile
from kpr_stream.model.words import Service
from kpr_stream.simulate.nation import codes
from kpr_stream.simulate.nation.days import number
from kpr_stream.simulate.nation.records.faults import KIND_WITH_ID, UNKNOWN_KIND, Fault
from kpr_stream.simulate.nation.records.lines import programme_steps
from kpr_stream.simulate.small.write import local_code

_FIRST_TEXT = date(1970, 1, 1)
_TEXT_DAYS = number(date(2035, 1, 1))


def consultations(profile: Profile, own_codes: Sequence[tuple[str, str | None]]) -> pl.Expr:
    """Return the JSON object of each consultation.

    ``own_codes`` are municipality and district by the index in ``carries``.
    """
    pieces = [
        *_head("konsultasjonId", profile),
        *_person(profile),
        _coded("tjeneste", "service", tuple(Service), profile),
        _kind(profile),
        _coded("kontaktform", "form", _names(codes.Form), profile, "contact_form"),
        _coded("oppmoteStatus", "attendance", _names(codes.Attendance), profile),
        _optional("programtrinn", _step(profile)),
        _optional("ammestatus", _coded_text("breastfeeding", _names(codes.Breastfeeding), profile)),
        _optional("avtaleId", _joined('"A', _padded("appointment", 8), '"')),
        _optional("skoletrinn", col("grade").cast(pl.String)),
        _optional("varighetMinutter", col("duration").cast(pl.String)),
        _roles(profile),
        _group(),
        _own_code(profile, own_codes),
        _optional("hjemkomstdato", _day("discharge", profile)),
        _measures(profile),
    ]
    return pl.concat_str([lit("{"), *pieces, lit("}")], ignore_nulls=True)


def appointments(profile: Profile) -> pl.Expr:
    """Return the JSON object of each appointment."""
    pieces = [
        *_head("avtaleId", profile),
        *_person(profile),
        _kind(profile),
        _coded("oppmoteStatus", "attendance", _names(codes.Attendance), profile),
    ]
    return pl.concat_str([lit("{"), *pieces, lit("}")], ignore_nulls=True)


def deletions(key: str, profile: Profile) -> pl.Expr:
    """Return the JSON object of each line of the deletion list; ``confirmed`` deletes."""
    confirmed = pl.when(col("confirmed")).then(lit("true")).otherwise(lit("false"))
    return _joined(f'{{"{key}":', _local_id(profile), ',"erSlettet":', confirmed, "}")


def _head(key: str, profile: Profile) -> Iterable[pl.Expr]:
    yield _joined(f'"{key}":', _local_id(profile).fill_null("null"))
    yield _joined(',"datoTid":', _start(profile).fill_null("null"))
    yield _joined(',"journalId":"J-', col("person_local_id").fill_null(""), '"')
    yield _joined(',"avdeling":{"lokalenhetId":"avd-', col("department"))
    yield lit('","lokalNavn":"Avdelingens navn"}')


def _person(profile: Profile) -> Iterable[pl.Expr]:
    yield lit(',"person":{"personId":')
    yield _quoted(col("person_local_id")).fill_null("null")
    for key, name, width in (("fodselsNr", "fnr", 11), ("dNr", "dnr", 11), ("dufNr", "duf", 12)):
        text = _padded(name, width)
        shown = col(name).cast(pl.String) if profile.ids_as_numbers else _quoted(text)
        yield _joined(f',"{key}":', shown.fill_null("null"))
    sex = _coded_text("sex", ("0", "1", "2"), profile)
    yield _joined(',"kjonn":', sex.fill_null("null"))
    yield _joined(',"fodselsdato":', _day("born", profile).fill_null("null"))
    yield lit("}")


def _local_id(profile: Profile) -> pl.Expr:
    text = col("local_id")
    if not profile.ids_as_numbers:
        return _quoted(text)
    return pl.when(text.str.contains("^[0-9]+$")).then(text).otherwise(_quoted(text))


def _start(profile: Profile) -> pl.Expr:
    day = lit(_iso_days()).gather(col("day"))
    if profile.clock is Clock.UTC:
        at = _joined(_time(col("minute") - col("offset")), "Z")
    elif profile.clock is Clock.LOCAL:
        at = _time(col("minute"))
    else:
        summer = pl.when(col("offset") == 120).then(lit("2")).otherwise(lit("1"))
        at = _joined(_time(col("minute")), ".0000000+0", summer, ":00")
    whole = _joined('"', day, "T", at, '"')
    return (
        pl.when(col("fault") == Fault.NO_START)
        .then(None)
        .when(col("date_only") == 1)
        .then(_quoted(day))
        .otherwise(whole)
    )


def _time(minute: pl.Expr) -> pl.Expr:
    return lit(_times()).gather(minute)


def _kind(profile: Profile) -> pl.Expr:
    known = _coded_text("kind", _names(codes.Kind), profile, "consultation_type")
    holds_id = _joined('"Kontroll ', _padded("true_fnr", 11), '"')
    text = (
        pl.when(col("kind") == UNKNOWN_KIND)
        .then(lit('"KURS"'))
        .when(col("kind") == KIND_WITH_ID)
        .then(holds_id)
        .otherwise(known)
    )
    return _joined(',"konsultasjonType":', text)


def _step(profile: Profile) -> pl.Expr:
    return _coded_text("step", programme_steps(profile.system), profile, "programme_step")


def _roles(profile: Profile) -> pl.Expr:
    lists = [
        ",".join(local_code("practitioner_roles", role, profile) for role in roles)
        for roles in codes.ROLES
    ]
    return _joined(',"roller":[', lit(pl.Series(lists)).gather(col("roles")), "]")


def _group() -> pl.Expr:
    return _joined(',"gruppe":{"gruppeId":"G', col("group"), '","antall":', col("group_size"), "}")


def _own_code(profile: Profile, own_codes: Sequence[tuple[str, str | None]]) -> pl.Expr:
    texts = [
        f',"kommuneNr":{_number(code, profile)}'
        + (f',"bydelNr":"{district}"' if district is not None else "")
        for code, district in own_codes
    ]
    index = pl.when(col("carries") >= 0).then(col("carries"))
    return lit(pl.Series(texts)).gather(index)


def _measures(profile: Profile) -> pl.Expr:
    reasons = _names(codes.Reason)
    weight = (
        pl.when(col("fault") == Fault.WEIGHT_AS_TEXT)
        .then(lit('"ca. 8"'))
        .otherwise(_measure("weight", profile.weight_unit.value, profile))
    )
    pieces = (
        ("vekt", weight),
        ("vektIkkeMaalt", _coded_text("weight_reason", reasons, profile)),
        ("lengde", _measure("length", profile.length_unit.value, profile)),
        (
            "lengdestilling",
            _coded_text("position", _names(codes.Position), profile, "length_position"),
        ),
        ("lengdeIkkeMaalt", _coded_text("length_reason", reasons, profile)),
        ("hodeomkrets", _measure("head", profile.length_unit.value, profile)),
        ("hodeomkretsIkkeMaalt", _coded_text("head_reason", reasons, profile)),
    )
    inside = pl.concat_str([_optional(key, text) for key, text in pieces], ignore_nulls=True)
    found = _joined(',"maalinger":{', inside.str.slice(1), "}")
    return pl.when(inside.str.len_bytes() > 0).then(found)


def _measure(name: str, factor: int, profile: Profile) -> pl.Expr:
    value = col(name)
    if factor == 1:
        return value.cast(pl.String)
    decimals = {10: 1, 1000: 3}[factor]
    point = "," if profile.decimal_comma else "."
    text = _joined(value // factor, point, (value % factor).cast(pl.String).str.zfill(decimals))
    return _quoted(text) if profile.decimal_comma else text


def _optional(key: str, text: pl.Expr) -> pl.Expr:
    return _joined(f',"{key}":', text)


def _coded(
    key: str, name: str, values: Sequence[str], profile: Profile, field: str | None = None
) -> pl.Expr:
    return _joined(f',"{key}":', _coded_text(name, values, profile, field))


def _coded_text(
    name: str, values: Sequence[str], profile: Profile, field: str | None = None
) -> pl.Expr:
    texts = pl.Series([local_code(field or name, value, profile) for value in values])
    index = pl.when(col(name) < len(values)).then(col(name))
    return lit(texts).gather(index)


def _day(name: str, profile: Profile) -> pl.Expr:
    texts = _first_day_texts() if profile.day_first_dates else _iso_days()
    return _quoted(lit(texts).gather(col(name)))


def _padded(name: str, width: int) -> pl.Expr:
    return col(name).cast(pl.String).str.zfill(width)


def _joined(*parts: pl.Expr | str) -> pl.Expr:
    """Join parts of text; null if one of them is null."""
    return pl.concat_str([lit(part) if isinstance(part, str) else part for part in parts])


def _quoted(text: pl.Expr) -> pl.Expr:
    return _joined('"', text, '"')


def _number(code: str, profile: Profile) -> str:
    return str(int(code)) if profile.ids_as_numbers else f'"{code}"'


def _names(members: Iterable[IntEnum]) -> tuple[str, ...]:
    return tuple(member.name for member in members)


@cache
def _iso_days() -> pl.Series:
    return pl.Series([(_FIRST_TEXT + timedelta(days=n)).isoformat() for n in range(_TEXT_DAYS)])


@cache
def _first_day_texts() -> pl.Series:
    return pl.Series([f"{_FIRST_TEXT + timedelta(days=n):%d.%m.%Y}" for n in range(_TEXT_DAYS)])


@cache
def _times() -> pl.Series:
    return pl.Series([f"{n // 60:02}:{n % 60:02}:00" for n in range(24 * 60)])
