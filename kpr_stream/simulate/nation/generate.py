"""Make the nation place by place: exports, truth, and the expected counts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from kpr_stream.errors import DiskError, UsageError
from kpr_stream.model.words import OUTCOMES
from kpr_stream.simulate.nation import days
from kpr_stream.simulate.nation.export.write import write
from kpr_stream.simulate.nation.make import MadePlace, make
from kpr_stream.simulate.nation.people.places import Place, places
from kpr_stream.simulate.nation.people.residents import load_residents
from kpr_stream.simulate.nation.records.slots import Slots, make_slots
from kpr_stream.simulate.nation.truth import line_tables, person_tables, record_table
from kpr_stream.simulate.nation.truth.tables import write_table

EXPECTED_FILE = "expected.json"
PLAN_FILE = "nation.json"
DONE_FOLDER, TRUTH_FOLDER = "done", "truth"
FIRST, LAST = date(days.FIRST_YEAR, 1, 1), date(days.LAST_YEAR, 12, 31)

ReportProgress = Callable[[int, int, int], None]
"""Called with the places done, all places, and the items so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to make. The same plan gives the same bytes."""

    seed: int = 1
    share: float = 1.0
    first: date = FIRST
    last: date = LAST
    daily_from: date = date(LAST.year + 1, 1, 1)
    municipalities: tuple[str, ...] = ()
    """Codes of 2024. If any are given, ``share`` is ignored."""
    change_of_epj: bool = True


def generate(
    plan: Plan, out: Path, *, resume: bool = False, report: ReportProgress | None = None
) -> dict[str, Any]:
    """Write exports and truth under ``out``. Returns the expected counts of ``expected.json``.

    ``resume`` leaves out the places that are done. UsageError if the plan is not valid or the
    folder holds something else; DiskError if it cannot be written.
    """
    chosen = _checked(plan)
    slots = make_slots(plan.first, plan.last, plan.daily_from)
    try:
        _begin(plan, out, resume=resume)
        counts: list[dict[str, Any]] = []
        items = 0
        for place in chosen:
            marker = out / DONE_FOLDER / f"{place.name}.json"
            if not marker.exists():
                done = _write_place(place, plan, slots, out)
                marker.write_text(json.dumps(done) + "\n", "utf-8")
            counts.append(json.loads(marker.read_text("utf-8")))
            items += counts[-1]["items_sent"]
            if report:
                report(len(counts), len(chosen), items)
        expected = _summed(plan, counts)
        (out / EXPECTED_FILE).write_text(json.dumps(expected, indent=1) + "\n", "utf-8")
    except OSError as cause:
        raise DiskError(
            f"The folder {out} cannot be written: {cause.strerror}.",
            what_to_do="Make room and run again with --resume, or name another folder.",
        ) from None
    return expected


def _checked(plan: Plan) -> list[Place]:
    if not (FIRST <= plan.first <= plan.last <= LAST):
        raise UsageError(
            f"The nation covers {FIRST} to {LAST}, which does not include {plan.first} to "
            f"{plan.last}.",
            what_to_do="Name a first and a last day within that time.",
        )
    if unknown := sorted({*plan.municipalities} - {*load_residents().codes}):
        raise UsageError(
            f"There is no municipality {unknown[0]} in 2024.",
            what_to_do="Name a code of 2024, for example 5001.",
        )
    chosen = places(
        share=plan.share,
        municipalities=plan.municipalities,
        change_of_epj=plan.change_of_epj,
    )
    if not chosen:
        raise UsageError(
            f"A share of {plan.share} is smaller than the smallest municipality.",
            what_to_do="Give a larger share, up to 1.",
        )
    return chosen


def _begin(plan: Plan, out: Path, *, resume: bool) -> None:
    out.mkdir(parents=True, exist_ok=True)
    path = out / PLAN_FILE
    wanted = json.dumps(asdict(plan), default=str) + "\n"
    if resume and path.exists():
        if path.read_text("utf-8") != wanted:
            raise UsageError(
                f"The folder {out} was started with another plan.",
                what_to_do=f"Give the options of {PLAN_FILE} in that folder.",
            )
    elif any(out.iterdir()):
        raise UsageError(
            f"The folder {out} is not empty.",
            what_to_do="Name a new or an empty folder, or continue with --resume.",
        )
    path.write_text(wanted, "utf-8")
    (out / DONE_FOLDER).mkdir(exist_ok=True)


def _write_place(place: Place, plan: Plan, slots: Slots, out: Path) -> dict[str, Any]:
    made = make(place, slots, plan.seed)
    folder = out / TRUTH_FOLDER
    written = [write(series, out) for series in made.series]
    write_table(line_tables.files(made.series, written), folder, "files", place.name)
    span = int(slots.first[0]), int(slots.last[-1])
    reserved = person_tables.reservations(place, made.people, *span, plan.seed)
    older = None
    for series, received, wrote in zip(made.series, made.received, written, strict=True):
        part = f"{place.name}-{series.system}"
        write_table(
            record_table.records(series, received, reserved, older), folder, "records", part
        )
        write_table(line_tables.outcomes(series, received, wrote), folder, "outcomes", part)
        write_table(line_tables.faults(series, received, wrote), folder, "faults", part)
        older = series
    write_table(person_tables.persons(place, made.people), folder, "persons", place.name)
    write_table(reserved, folder, "reservations", place.name)
    units = _units(made)
    return {
        "municipality_code": place.code,
        "items_sent": sum(unit["items_sent"] for unit in units.values()),
        "files": sum(len(wrote.files) for wrote in written),
        "bytes": sum(wrote.size for wrote in written),
        "units": units,
    }


def _units(made: MadePlace) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for series, received in zip(made.series, made.received, strict=True):
        unit = series.history.rows["unit"][series.history.events.key]
        for number in np.unique(unit).tolist():
            counts = np.bincount(received.outcome[unit == number], minlength=len(OUTCOMES))
            name = f"{series.system}/{series.place.units[number].org_nr}"
            found[name] = {
                "items_sent": int(counts.sum()),
                "outcomes": dict(zip((o.value for o in OUTCOMES), counts.tolist(), strict=True)),
            }
    return found


def _summed(plan: Plan, counts: list[dict[str, Any]]) -> dict[str, Any]:
    systems: dict[str, Any] = {}
    for place in counts:
        for name, unit in place["units"].items():
            system, _, org_nr = name.partition("/")
            one = systems.setdefault(system, {"items_sent": 0, "outcomes": Counter(), "units": {}})
            _add(one, unit)
            one["units"][org_nr] = {"municipality_code": place["municipality_code"], **unit}
    total: dict[str, Any] = {"items_sent": 0, "outcomes": Counter()}
    for one in systems.values():
        _add(total, one)
    return {
        "seed": plan.seed,
        "total": total,
        "files": sum(place["files"] for place in counts),
        "bytes": sum(place["bytes"] for place in counts),
        "systems": dict(sorted(systems.items())),
    }


def _add(into: dict[str, Any], one: Mapping[str, Any]) -> None:
    into["items_sent"] += one["items_sent"]
    for outcome, number in one["outcomes"].items():
        into["outcomes"][outcome] += number
