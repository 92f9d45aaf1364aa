"""Compute the four questions from a nation's truth, row by row. Imports nothing of the product.

Each function gives, for each key of its view, the counts in the order of the view's columns.
"""

from __future__ import annotations

import calendar
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from tests.integration.analytics.deliveries import Lost, reported_months
from tests.integration.analytics.people import Nation, Node, Row, monday
from tests.integration.analytics.programme import (
    MIDDLE,
    SCHOOL,
    STATION,
    YOUTH,
    Step,
    residents,
    step_of_visit,
    steps,
    today_of,
)

Counts = dict[tuple[Any, ...], tuple[float, ...]]
_ANSWERS = {"FULLAMMET": "fully", "DELVIS_AMMET": "partly", "IKKE_AMMET": "not_breastfed"}
_MEASURES = {"weight": "weight_g", "length": "length_mm"}
_MEASURES |= {"head_circumference": "head_circumference_mm"}
_RESERVATION = {"length": "growth"}
KNOWN_AFTER = timedelta(days=91)


class Analyst:
    """What an analyst should find, from rows with their step and place of today."""

    def __init__(self, nation: Nation, as_of: date, out: Path, lost: Lost) -> None:
        self.nation, self.as_of, self.lost = nation, as_of, lost
        for row in nation.appointments:
            row["district_code"] = None
        rows = [*nation.consultations, *nation.appointments]
        today = today_of({_place(row) for row in rows})
        for row in rows:
            row["today"] = today[_place(row)]
            row["month"] = row["date"].replace(day=1)
        for row in nation.consultations:
            row["step"] = step_of_visit(row)
        self.held = [r for r in nation.consultations if r["attendance"] == "MOTT"]
        self.visits: dict[Node, list[Row]] = defaultdict(list)
        for row in self.held:
            born = row["born"]
            if row["service"] in (STATION, SCHOOL) and born and row["date"] >= monday(born):
                self.visits[row["group"]].append(row)
        services = self._services()
        youth = {org_nr for org_nr, found in services.items() if found == {YOUTH}}
        self.reported = reported_months(out, lost, rows, youth, as_of)

    def _services(self) -> dict[str, set[str]]:
        services: dict[str, set[str]] = defaultdict(set)
        for row in self.nation.consultations:
            services[row["org_nr"]].add(row["service"])
        return services

    def activity(self) -> Counts:
        cells: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
        for row in self.held:
            key = (row["service"], row["contact_form"], row["org_nr"], row["municipality_code"])
            period = row["month"]
            if row["service"] == YOUTH:
                key = (YOUTH, None, None, row["municipality_code"])
                period = period.replace(month=(period.month - 1) // 3 * 3 + 1)
            cells[*key, row["today"], period].append(row)
        return {key: _activity(rows) for key, rows in cells.items()}

    def attendance(self) -> Counts:
        services = self._services()
        found: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
        for row in self.nation.appointments:
            key = (row["consultation_type"], row["org_nr"], row["municipality_code"])
            period = row["month"]
            if services[row["org_nr"]] == {YOUTH}:
                key = (None, None, row["municipality_code"])
                period = period.replace(month=(period.month - 1) // 3 * 3 + 1)
            found[*key, row["today"], period][row["attendance"]] += 1
        words = ("MOTT", "IKKE_MOTT", "AVBESTILT_AV_BRUKER", "AVLYST_AV_TJENESTEN")
        return {
            key: (float(sum(counts.values())), *(float(counts[word]) for word in words))
            for key, counts in found.items()
        }

    def adherence(self) -> Counts:
        """children, on_time, early, late; then those left out: window open, without reporting."""
        found: dict[tuple[Any, ...], list[float]] = defaultdict(lambda: [0.0] * 6)
        for rule in RULES:
            for group, visits in self.visits.items():
                state = self._follow_up(rule, group, visits)
                if state is None:
                    continue
                key, counted, done = state
                cell = found[key]
                if counted == "counted":
                    cell[0] += 1
                    for place, word in enumerate(("on_time", "early", "late"), 1):
                        cell[place] += done == word
                else:
                    cell[4 if counted == "open" else 5] += 1
        return {key: tuple(cell) for key, cell in found.items()}

    def coverage(self) -> Counts:
        """residents (-1 if unknown), completed; then open and without reporting."""
        people: dict[tuple[Any, ...], int] = dict(residents())
        found: dict[tuple[Any, ...], list[float]] = defaultdict(lambda: [0.0] * 3)
        for rule in RULES:
            for group, visits in self.visits.items():
                state = self._follow_up(rule, group, visits)
                if state is None or state[0][4] is None:
                    continue
                (code, year, sex, _, today), counted, done = state
                cell = found[code, year, sex, today]
                cell[0] += bool(done)
                cell[1] += counted == "open"
                cell[2] += counted == "unreported"
        ages = {rule.code: rule.age for rule in RULES}
        return {
            key: (float(people.get(_resident(key, ages), -1)), *cell) for key, cell in found.items()
        }

    def breastfeeding(self) -> Counts:
        """seen, asked, fully, partly, not_breastfed, answer_unknown, not_asked."""
        asked: dict[tuple[Node, int], list[Row]] = defaultdict(list)
        for group, visits in self.visits.items():
            for row in visits:
                age = months(monday(row["born"]), row["date"])
                excluded = self.has_reserved(group, "breastfeeding", row["date"])
                if row["service"] == STATION and age <= 12 and not excluded:
                    asked[group, age].append(row)
        found: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
        for (_, age), rows in asked.items():
            rows.sort(key=lambda row: (row["date"], row["order"]))
            answers = [row for row in rows if row["breastfeeding"] in _ANSWERS]
            unknown = [row for row in rows if row["breastfeeding"] == "UKJENT"]
            last = (answers or unknown or rows)[-1]
            middle = monday(last["born"]) + MIDDLE
            key = (middle.year, age, last["municipality_code"], last["today"])
            word = _ANSWERS.get(last["breastfeeding"] or "")
            found[key][word or ("unknown" if unknown else "not_asked")] += 1
        words = ("fully", "partly", "not_breastfed")
        return {
            key: (
                float(sum(c.values())),
                float(sum(c[word] for word in words)),
                *(float(c[word]) for word in (*words, "unknown", "not_asked")),
            )
            for key, c in found.items()
        }

    def measuring(self) -> Counts:
        """expected, measured, measured_at_other_step, with_reason."""
        points: dict[tuple[Node, str], list[Row]] = defaultdict(list)
        taken = []
        for row in self.held:
            step = steps().get(row["step"] or "")
            if row["service"] not in (STATION, SCHOOL) or not step or row["date"] < step.since:
                continue
            taken.append((row, step))
            if row["group"] and step.group:
                points[row["group"], step.group].append(row)
        found: dict[tuple[Any, ...], list[float]] = defaultdict(lambda: [0.0] * 4)
        for row, step in taken:
            others = [o for o in points.get((row["group"], step.group or ""), []) if o is not row]
            for measure in step.expects:
                kind = _RESERVATION.get(measure, measure)
                if self.has_reserved(row["group"], kind, row["date"]):
                    continue
                key = (row["service"], step.code, measure, row["org_nr"])
                cell = found[*key, row["municipality_code"], row["today"], row["month"]]
                cell[0] += 1
                field = _MEASURES[measure]
                elsewhere = any(
                    o[field] is not None and not self.has_reserved(o["group"], kind, o["date"])
                    for o in others
                )
                if row[field] is not None:
                    cell[1] += 1
                elif elsewhere:
                    cell[2] += 1
                elif row[f"{measure}_reason_not_measured"]:
                    cell[3] += 1
        return {key: tuple(cell) for key, cell in found.items()}

    def measuring_year(self) -> Counts:
        """As ``measuring``, by year."""
        found: dict[tuple[Any, ...], list[float]] = defaultdict(lambda: [0.0] * 4)
        for (*key, month), cell in self.measuring().items():
            sums = found[*key, month.year]
            sums[:] = [one + more for one, more in zip(sums, cell, strict=True)]
        return {key: tuple(cell) for key, cell in found.items()}

    def has_reserved(self, group: Node | None, kind: str, day: date) -> bool:
        return any(
            k == kind and since <= day and (until is None or day < until)
            for k, since, until in self.nation.reserved.get(group or (), ())
        )

    def _follow_up(
        self, rule: Rule, group: Node, visits: list[Row]
    ) -> tuple[tuple[Any, ...], str, str] | None:
        born = monday(self.nation.born[group]) + MIDDLE
        first, last, window_end = rule.limits(born)
        if rule.due(born) < date(2017, 1, 1):
            return None
        seen = [v for v in visits if v["date"] <= window_end]
        soon = [v for v in visits if window_end < v["date"] <= window_end + KNOWN_AFTER]
        if seen:
            home = max(seen, key=lambda v: (v["date"], v["order"]))
        elif soon:
            home = min(soon, key=lambda v: (v["date"], v["order"]))
        else:
            return None
        days = [v["date"] for v in visits if rule.is_done_by(v, visits)]
        done = ""
        if any(first <= day <= last for day in days):
            done = "on_time"
        elif any(day < first for day in days):
            done = "early"
        elif days:
            done = "late"
        key = (rule.code, born.year, self.nation.sex[group], home["municipality_code"])
        return (*key, home["today"]), self._state(rule, born, home["today"]), done

    def _state(self, rule: Rule, born: date, today: str | None) -> str:
        begins = born.replace(day=1)
        ends = born.replace(day=calendar.monthrange(born.year, born.month)[1])
        first, last = rule.span(begins, ends)
        if last + timedelta(days=31) > self.as_of:
            return "open"
        if today is None:
            return "unreported"
        month = first.replace(day=1)
        while month <= last:
            if (today, month) not in self.reported:
                return "unreported"
            month = (month + timedelta(days=31)).replace(day=1)
        return "counted"


class Rule(NamedTuple):
    """An indicator of follow-up: a step of the programme, or one of KOSTRA's."""

    code: str
    step: Step
    by_day: int | None = None

    @property
    def age(self) -> int:
        """The age on 1 January after everybody of a birth year has reached it."""
        return self.step.grade + 5 if self.step.grade else int(self.step.target / 365.25)

    def due(self, born: date) -> date:
        if self.step.grade:
            return date(born.year + 5 + self.step.grade, 8, 1)
        return born + timedelta(days=self.step.target)

    def limits(self, born: date) -> tuple[date, date, date]:
        if self.step.grade:
            ends = date(born.year + 6 + self.step.grade, 7, 31)
            return self.due(born), ends, ends
        first, last = self.step.on_time or (0, 0)
        window_end = self.step.window[1]
        if self.by_day is not None:
            first, last, window_end = -3, self.by_day, self.by_day
        return tuple(born + timedelta(days=d) for d in (first, last, window_end))  # type: ignore[return-value]

    def span(self, begins: date, ends: date) -> tuple[date, date]:
        """The days that the windows of all children of a month of birth lie in."""
        first, last, window_end = self.limits(ends)
        if self.step.grade:
            return first, last + KNOWN_AFTER
        known_by = max(last, window_end) + KNOWN_AFTER
        return begins + timedelta(days=self.step.window[0]), known_by

    def is_done_by(self, visit: Row, visits: Iterable[Row]) -> bool:
        if self.code != "home_visit_by_day_20":
            return bool(visit["step"] == self.step.code)
        first = min((v["date"] for v in visits if v["service"] == STATION), default=None)
        return (
            visit["service"] == STATION
            and visit["date"] == first
            and visit["consultation_type"] == "HJEMMEBESOK"
            and "HELSESYKEPLEIER" in visit["practitioner_roles"].split(",")
        )


RULES = (
    *(Rule(s.code, s) for s in steps().values() if s.in_14 or s.grade),
    Rule("home_visit_by_day_20", steps()["HJEMMEBESOK"], 20),
    Rule("six_weeks_by_day_55", steps()["UKE_6"], 55),
    Rule("two_years_before_3", steps()["AR_2"], 1095),
    Rule("four_years_before_5", steps()["AR_4"], 1825),
)


def months(born: date, day: date) -> int:
    return (day.year - born.year) * 12 + day.month - born.month - (day.day < born.day)


def _place(row: Mapping[str, Any]) -> tuple[str, str | None, str | None]:
    return row["org_nr"], row["municipality_code"], row["district_code"]


def _activity(rows: list[Row]) -> tuple[float, ...]:
    minutes = [
        r["duration_minutes"] * len(r["practitioner_roles"].split(",")) / (r["group_size"] or 1)
        for r in rows
        if r["duration_minutes"] is not None
    ]
    return (
        len(rows),
        len({r["group"] for r in rows if r["group"]}),
        sum(1 for r in rows if not r["group"]),
        round(sum(minutes), 6),
        len(rows) - len(minutes),
    )


def _resident(key: tuple[Any, ...], ages: Mapping[str, int]) -> tuple[Any, ...]:
    code, year, sex, today = key
    return today, year + ages[code] + 1, ages[code], sex
