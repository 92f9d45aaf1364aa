"""Find the scheduled visit (step) of the programme that a consultation is, or may be.

Source: Helsedirektoratet's national guideline for health stations and the school health service,
as tabulated in ``hst_programme.csv``; the windows there are ours (``window_basis``). Every row has
a validity: the programme in force on the day of a consultation decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from kpr_stream.model.codes import ATTENDED
from kpr_stream.model.words import Service
from kpr_stream.reference.validity import FOREVER

BY_REPORT, BY_AGE, BY_GRADE, BY_SCHOOL_YEAR = "reported", "age", "grade", "school_year"
"""How a step was found. All but a reported step are candidates only."""
CHILD_VISITS = ("HJEMMEBESOK", "INDIVIDUELL", "GRUPPE")
"""Consultation types that can be a step of 0-5 years: never phone, video, drop-in or extra."""
SCHOOL_VISITS = ("SKOLESTARTUNDERSOKELSE", "HELSESAMTALE", "VEIING_MALING")
"""Consultation types that can be a step at school. An ordinary talk is not one of them."""
FACE_TO_FACE = ("PERSONLIG", "HJEMMEBESOK", "GRUPPE")
AGES = 1826
"""Days of age that have a step, below five years."""
GRADES = 14
SCHOOL_BEGINS = 8
"""The month in which a school year begins."""
BEFORE_SCHOOL = 5
"""Calendar years between the year of birth and the school year before the first grade."""
SETTING_ELSEWHERE = "maternity_ward"
"""Steps in this setting are never a visit to a health station."""


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """The steps as look-up tables. Period 0 is before any programme."""

    by_code: Mapping[str, str]
    """Step by reported code: Volven 9505 codes, and each step's own code."""
    starts: tuple[int, ...]
    """First day (since 1970) of each later period, from which another programme is in force."""
    by_age: pl.Series
    """Step by ``period * AGES + age in days``."""
    by_grade: pl.Series
    """Step by ``period * GRADES + grade``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitColumns:
    """The columns of an item or cleaned record that decide its step."""

    reported: pl.Expr
    was_reported: pl.Expr
    """Whether any step was reported, known or not. Then no candidate is given."""
    service: pl.Expr
    consultation_type: pl.Expr
    contact_form: pl.Expr
    attendance: pl.Expr
    grade: pl.Expr
    age: pl.Expr
    """In days."""
    day: pl.Expr
    """In days since 1970."""


def build_steps(programme: pl.DataFrame) -> Steps:
    """Build the look-up tables from hst_programme, with validity in days and numbers as Int64."""
    starts = sorted(
        {*programme["valid_from"].to_list(), *programme["valid_to"].to_list()} - {FOREVER}
    )
    by_age: list[str | None] = [None] * AGES
    by_grade: list[str | None] = [None] * GRADES
    for start in starts:
        held = (pl.col("valid_from") <= start) & (start < pl.col("valid_to"))
        ages: list[str | None] = [None] * AGES
        grades: list[str | None] = [None] * GRADES
        for row in programme.filter(held).iter_rows(named=True):
            if row["grade"] is not None:
                grades[row["grade"]] = row["code"]
            elif row["setting"] != SETTING_ELSEWHERE:
                window = range(row["window_from_days"], row["window_to_days"] + 1)
                for age in window:
                    ages[age] = row["code"]
        by_age += ages
        by_grade += grades
    own = programme["code"].to_list()
    volven = programme.filter(pl.col("volven_9505").is_not_null())
    return Steps(
        by_code=dict(volven.select("volven_9505", "code").iter_rows()) | {c: c for c in own},
        starts=tuple(starts),
        by_age=pl.Series(by_age, dtype=pl.String),
        by_grade=pl.Series(by_grade, dtype=pl.String),
    )


def reported_step(visit: VisitColumns, steps: Steps) -> pl.Expr:
    """Return the step of a reported code; null for a code without a step."""
    return visit.reported.replace_strict(dict(steps.by_code), default=None, return_dtype=pl.String)


def step_by_age(visit: VisitColumns, steps: Steps) -> pl.Expr:
    """Return the candidate step of a child's visit by age, if no code was reported.

    Only home, individual and group visits of the service 0-5 years that took place have one.
    """
    may_be = _took_place(visit, Service.HELSESTASJON_0_5, CHILD_VISITS)
    known = may_be & visit.age.is_between(0, AGES - 1)
    at = pl.when(known).then(_period(visit.day, steps) * AGES + visit.age.cast(pl.UInt32))
    return pl.lit(steps.by_age).gather(at)


def step_by_grade(visit: VisitColumns, steps: Steps) -> pl.Expr:
    """Return the candidate step of a pupil's visit by the reported grade."""
    return _of_grade(visit, visit.grade, steps)


def step_by_school_year(visit: VisitColumns, steps: Steps) -> pl.Expr:
    """Return the candidate step of a pupil's visit by the usual grade of the year of birth.

    Null if a grade was reported.
    """
    grade = pl.when(visit.grade.is_null()).then(grade_of_school_year(visit.age, visit.day))
    return _of_grade(visit, grade, steps)


def grade_of_school_year(age: pl.Expr, day: pl.Expr) -> pl.Expr:
    """Return the usual grade at an age in days on a day (since 1970); may lie outside 1-13.

    The school year begins in August. A child starts school in the year of its sixth birthday
    (opplæringslova).
    """
    today = day.cast(pl.Date)
    began = today.dt.year() - (today.dt.month() < SCHOOL_BEGINS).cast(pl.Int32)
    return began - (day - age).cast(pl.Date).dt.year() - BEFORE_SCHOOL


def _of_grade(visit: VisitColumns, grade: pl.Expr, steps: Steps) -> pl.Expr:
    may_be = _took_place(visit, Service.SKOLEHELSETJENESTE, SCHOOL_VISITS)
    known = may_be & grade.is_between(0, GRADES - 1)
    at = pl.when(known).then(_period(visit.day, steps) * GRADES + grade)
    return pl.lit(steps.by_grade).gather(at.cast(pl.UInt32))


def _took_place(visit: VisitColumns, service: Service, types: tuple[str, ...]) -> pl.Expr:
    return (
        ~visit.was_reported
        & (visit.service == service)
        & (visit.attendance == ATTENDED)
        & visit.consultation_type.is_in(types)
        & visit.contact_form.is_in(FACE_TO_FACE).fill_null(value=True)
    )


def _period(day: pl.Expr, steps: Steps) -> pl.Expr:
    return pl.sum_horizontal((day >= start).cast(pl.UInt32) for start in steps.starts)


def problems(programme: pl.DataFrame) -> list[str]:
    """Describe what is wrong with the programme: each age from day 1 must have exactly one step."""
    found = []
    steps = build_steps(programme)
    for period, start in enumerate(steps.starts, 1):
        held = programme.filter(
            (pl.col("valid_from") <= start) & (start < pl.col("valid_to")),
            pl.col("grade").is_null(),
        )
        covered = steps.by_age[period * AGES + 1 : (period + 1) * AGES]
        inside = sum(
            to - from_ + 1
            for from_, to in held.filter(pl.col("setting") != SETTING_ELSEWHERE)
            .select("window_from_days", "window_to_days")
            .iter_rows()
        )
        if held.height and (covered.null_count() or inside != AGES - 1):
            found.append(f"hst_programme.csv: in period {period}, some age has no step or two")
    return found
