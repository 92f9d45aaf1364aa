"""The rules for coded fields: two for each field, from its code list. City districts: ``place``.

A code that is not in its list is stored unchanged, with a warning, because lists grow. A value that
does not look like a code (a name, a national identity number, a sentence) is set aside: no personal
text may reach an analyst through a coded field.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl
from polars import col

from kpr_stream.model.limits import MAX_ROLES
from kpr_stream.model.words import MessageType, Severity
from kpr_stream.reference import Reference
from kpr_stream.rules.actions import CODE_NOT_TEXT, CODE_OF_LIST
from kpr_stream.rules.rule import BOTH, CONSULTATION, Action, Responsible, Rule

CODE_SHAPE = r"^([A-ZÆØÅ_]{1,50}([0-9]{1,4}(_[0-9]{1,4})?)?|[A-Za-z0-9]{1,6})$"
"""Capitals with at most two short numbers at the end, or up to six letters and digits."""


@dataclass(frozen=True, slots=True)
class _Coded:
    field: str
    no: str
    en: str
    message_types: tuple[MessageType, ...] = CONSULTATION


CODED = (
    _Coded("service", "tjeneste", "service"),
    _Coded("time_precision", "tidspresisjon", "time precision"),
    _Coded("consultation_type", "konsultasjonstype", "consultation type", BOTH),
    _Coded("contact_form", "kontaktform", "contact form"),
    _Coded("attendance", "oppmøtestatus", "attendance", BOTH),
    _Coded("programme_step", "konsultasjon i programmet", "programme step"),
    _Coded("practitioner_roles", "helsepersonellrolle", "practitioner role"),
    _Coded("sex", "kjønn", "sex", BOTH),
    _Coded(
        "weight_reason_not_measured",
        "grunnen til at vekten mangler",
        "the reason why the weight is missing",
    ),
    _Coded("length_position", "målestilling", "measuring position"),
    _Coded(
        "length_reason_not_measured",
        "grunnen til at lengden mangler",
        "the reason why the length is missing",
    ),
    _Coded(
        "head_circumference_reason_not_measured",
        "grunnen til at hodeomkretsen mangler",
        "the reason why the head circumference is missing",
    ),
    _Coded("breastfeeding", "ammestatus", "breastfeeding status"),
)


def coded_rules(reference: Reference) -> tuple[Rule, ...]:
    """The rules of every coded field: all that set aside, then all that warn."""
    return (
        _too_many_roles(),
        *(_unusable(coded) for coded in CODED),
        *(_unknown(coded, reference.known_codes(coded.field)) for coded in CODED),
    )


def _too_many_roles() -> Rule:
    return Rule(
        id="PRACTITIONER_ROLES_TOO_MANY",
        severity=Severity.SET_ASIDE,
        field="practitioner_roles",
        text_no=f"Hendelsen har mer enn {MAX_ROLES} helsepersonellroller. Ingen av dem er lagret.",
        text_en=f"The item has more than {MAX_ROLES} practitioner roles. None of them is stored.",
        action=Action(
            (Responsible.EPJ_VENDOR,),
            "Leverandøren sender hver rolle én gang, og bare rollene til dem som deltok.",
            "The EPJ vendor sends each role once, and only the roles of those who took part.",
        ),
        check=col("practitioner_roles").list.len() <= MAX_ROLES,
    )


def _unusable(coded: _Coded) -> Rule:
    return Rule(
        id=f"CODE_UNUSABLE_{coded.field.upper()}",
        severity=Severity.SET_ASIDE,
        message_types=coded.message_types,
        field=coded.field,
        text_no=f"Verdien for {coded.no} ser ikke ut som en kode og er ikke lagret.",
        text_en=f"The value for {coded.en} does not look like a code and is not stored.",
        action=CODE_NOT_TEXT,
        check=_every(coded, lambda code: code.str.contains(CODE_SHAPE)),
        only_after=f"CODE_UNKNOWN_{coded.field.upper()}",
    )


def _unknown(coded: _Coded, known: tuple[str, ...]) -> Rule:
    codes = [str(code) for code in known]
    return Rule(
        id=f"CODE_UNKNOWN_{coded.field.upper()}",
        severity=Severity.WARN,
        message_types=coded.message_types,
        field=coded.field,
        text_no=f"Koden for {coded.no} finnes ikke i kodelisten.",
        text_en=f"The code for {coded.en} is not in the code list.",
        action=CODE_OF_LIST,
        check=_every(coded, lambda code: code.is_in(codes)),
    )


def _every(coded: _Coded, holds: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    if coded.field == "practitioner_roles":
        return col(coded.field).list.eval(holds(pl.element())).list.all()
    return holds(col(coded.field))
