"""Compute the quality of a nation's reports from its truth. Imports nothing of the product.

Each function gives, for each key of its view, the counts in the order of the view's columns.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from tests.integration.analytics.deliveries import Lost, expected_and_reported, first_day
from tests.integration.analytics.people import Row
from tests.integration.analytics.programme import SCHOOL, STATION, YOUTH, Step, steps, table
from tests.integration.analytics.truth import Analyst, Counts

NORWAY = ZoneInfo("Europe/Oslo")
OUTCOMES = (*("accepted", "corrected", "deleted", "duplicate", "superseded", "stale", "rejected"),)
_LONGEST = 366
NOTHING_LOST: Lost = frozenset()
_WITH_DISTRICTS: set[str] = {row["municipality_code"] for row in table("bydeler.csv")}


class Field(NamedTuple):
    """A field: where it is expected, and where it is filled."""

    expected: Callable[[Row, Step | None], bool]
    filled: Callable[[Row], bool]
    reservation: str | None = None


def _present(name: str) -> Callable[[Row], bool]:
    return lambda row: row[name] is not None


def _measure(name: str, value: str, reservation: str) -> Field:
    return Field(
        lambda _, step: step is not None and name in step.expects,
        lambda row: (row[value] or row[f"{name}_reason_not_measured"]) is not None,
        reservation,
    )


def _always(_: Row, __: Step | None) -> bool:
    return True


FIELDS = {
    "person": Field(_always, lambda row: row["node"] is not None),
    "sex": Field(lambda row, _: row["node"] is not None, _present("sex")),
    "start_time": Field(_always, _present("minute")),
    "practitioner_roles": Field(_always, lambda row: bool(row["practitioner_roles"])),
    **{
        name: Field(_always, _present(name))
        for name in (
            *("service", "consultation_type", "contact_form", "duration_minutes"),
            "municipality_code",
        )
    },
    "district_code": Field(
        lambda row, _: row["municipality_code"] in _WITH_DISTRICTS, _present("district_code")
    ),
    "group_size": Field(lambda row, _: row["contact_form"] == "GRUPPE", _present("group_size")),
    "grade": Field(lambda row, _: row["service"] == SCHOOL, _present("grade")),
    "programme_step": Field(lambda _, step: step is not None, _present("programme_step_reported")),
    "maternity_discharge_date": Field(
        lambda _, step: step is not None and step.code == "HJEMMEBESOK",
        _present("maternity_discharge_date"),
    ),
    "weight": _measure("weight", "weight_g", "weight"),
    "length": _measure("length", "length_mm", "growth"),
    "length_position": Field(
        lambda row, _: row["length_mm"] is not None, _present("length_position")
    ),
    "head_circumference": _measure(
        "head_circumference", "head_circumference_mm", "head_circumference"
    ),
    "breastfeeding": Field(
        lambda _, step: step is not None and step.asks,
        _present("breastfeeding"),
        "breastfeeding",
    ),
}


def completeness(analyst: Analyst) -> Counts:
    """expected, filled."""
    found: dict[tuple[Any, ...], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for row in _held(analyst):
        step = steps().get(row["step"] or "")
        if row["service"] not in (STATION, SCHOOL) or (step and row["date"] < step.since):
            step = None
        for name, field in FIELDS.items():
            reserved = field.reservation is not None and analyst.has_reserved(
                row["group"], field.reservation, row["date"]
            )
            if field.expected(row, step) and not reserved:
                cell = found[*_key(row), name]
                cell[0] += 1
                cell[1] += field.filled(row)
    return {key: tuple(cell) for key, cell in found.items()}


def delay(analyst: Analyst, out: Path) -> Counts:
    """Consultations by the days to their first report, -1 for history."""
    began = _first_delivery(out)
    first = _first_reports(out)
    found: Counter[tuple[Any, ...]] = Counter()
    for row in _held(analyst):
        days = -1
        if row["date"] >= began[row["system"], row["org_nr"]]:
            reported = first[row["system"], row["org_nr"], row["local_id"]]
            days = min(max((reported - row["date"]).days, 0), _LONGEST)
        found[*_key(row), days] += 1
    return {key: (float(number),) for key, number in found.items()}


def percentile(days: Mapping[int, int], share: float) -> int | None:
    """The least value that at least this share of the values does not exceed."""
    values = sorted(Counter(days).elements())
    return next((v for n, v in enumerate(values, 1) if n >= share * len(values)), None)


def outcomes(analyst: Analyst, out: Path) -> Counts:
    """items, then each outcome."""
    found: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    for row in _lines(out, "outcomes", analyst.lost):
        found[row["org_nr"], row["system"], row["message_type"], row["month"]][row["outcome"]] += 1
    return {
        key: (float(sum(counts.values())), *(float(counts[name]) for name in OUTCOMES))
        for key, counts in found.items()
    }


def set_aside(analyst: Analyst, out: Path) -> Counts:
    """Items whose value is left out, by the rule that the fault breaks."""
    found: Counter[tuple[Any, ...]] = Counter()
    for row in _lines(out, "faults", analyst.lost):
        if row["set_aside"] is not None and row["outcome"] in ("accepted", "corrected"):
            key = (row["org_nr"], row["system"], row["message_type"], row["month"])
            found[*key, row["rule"]] += 1
    return {key: (float(number),) for key, number in found.items()}


def coverage(analyst: Analyst, out: Path) -> Counts:
    """expected_days, reported_days."""
    return {
        (org_nr, month): (float(expected), float(reported))
        for org_nr, months in expected_and_reported(out, analyst.lost, analyst.as_of).items()
        for month, (expected, reported) in months.items()
    }


def _held(analyst: Analyst) -> Iterator[Row]:
    return (row for row in analyst.held if row["service"] != YOUTH)


def _key(row: Row) -> tuple[Any, ...]:
    return row["org_nr"], row["municipality_code"], row["system"], row["month"]


def _norwegian(milliseconds: int) -> date:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone(NORWAY).date()


def _files(out: Path) -> dict[tuple[str, str, int], Row]:
    files = pl.read_parquet(out / "truth" / "files" / "*.parquet")
    return {
        (row["place"], row["system"], row["file_number"]): row
        for row in files.iter_rows(named=True)
    }


def _lines(out: Path, name: str, lost: Lost = NOTHING_LOST) -> Iterator[Row]:
    """Yield the lines of a table with the day and month in which they were received."""
    files = _files(out)
    for path in sorted((out / "truth" / name).iterdir()):
        for row in pl.read_parquet(path).iter_rows(named=True):
            place = path.stem.removesuffix(f"-{row['system']}")
            file = files[place, row["system"], row["file_number"]]
            day = _norwegian(file["sent_at"])
            if row["message_type"] == "consultation":
                first = first_day(file["path"])
                if (row["system"], row["org_nr"], first) in lost:
                    continue
            yield row | {"day": day, "month": day.replace(day=1)}


def _first_delivery(out: Path) -> dict[tuple[str, str], date]:
    first: dict[tuple[str, str], date] = {}
    for row in _lines(out, "outcomes"):
        key = (row["system"], row["org_nr"])
        first[key] = min(first.get(key, date.max), row["day"])
    return first


def _first_reports(out: Path) -> dict[tuple[str, str, str], date]:
    """The day on which a system first reported a consultation."""
    first: dict[tuple[str, str, str], date] = {}
    for path in sorted((out / "truth" / "records").iterdir()):
        for row in pl.read_parquet(path).iter_rows(named=True):
            if row["message_type"] == "consultation":
                key = (row["system"], row["org_nr"], row["local_id"])
                first[key] = min(first.get(key, date.max), _norwegian(row["valid_from"]))
    return first
