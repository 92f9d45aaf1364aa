"""Read the truth of a synthetic nation as the audit compares it: records, answers, rights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
from polars import col

from kpr_stream.keys.pseudonym import Pseudonyms
from kpr_stream.model.person_id import IdKind
from kpr_stream.model.words import MessageType
from kpr_stream.schemas import wire
from kpr_stream.simulate.nation.records.faults import FAULTS

Unit = tuple[str, str]
"""System and org_nr."""

_OF_APPOINTMENTS = frozenset(
    {"date", "consultation_type", "attendance", "municipality_code", "age_days", "sex"}
)
_NOT_COMPARED = frozenset(
    {"minute", "person_kind", "person_number", "fault", "set_aside", "practitioner_roles"}
)
"""Fields with another form in the truth than in a record."""
_KEYS = frozenset(
    {"system", "org_nr", "message_type", "local_id", "status", "current", "same_as"}
    | {"valid_from", "extracted_at", "reserved"}
)
_WARNINGS = {f.name: e.rule for f, e in FAULTS.items() if e.set_aside is None}


_RESERVABLE = {
    "growth": ("length_mm", "length_position", "length_reason_not_measured"),
    "weight": ("weight_g", "weight_reason_not_measured"),
    "breastfeeding": ("breastfeeding",),
    "head_circumference": ("head_circumference_mm", "head_circumference_reason_not_measured"),
}
"""Fields that must not be held of a person who has reserved a kind of data."""


def table(out: Path, name: str) -> pl.DataFrame:
    """Read all parts of a table of the truth."""
    return pl.read_parquet(out / "truth" / name / "*.parquet")


def lines(out: Path, at: int | None = None) -> Iterator[dict[str, Any]]:
    """Yield what a perfect receiver holds, in the form that ``audit.rows.compare`` takes.

    ``at`` is a time (ms) when everything sent by then is answered; None is the end.
    """
    versions = table(out, "records")
    held = versions.filter(col("current")) if at is None else _held_at(versions, at)
    names = [n for n in held.columns if n not in _KEYS | _NOT_COMPARED]
    days = [n for n in names if n in ("date", "maternity_discharge_date")]
    shown = held.with_columns(
        col(name).cast(pl.Int32).cast(pl.Date).dt.to_string("iso") for name in days
    )
    for row in shown.iter_rows(named=True):
        yield _line(row, names)


def _held_at(versions: pl.DataFrame, at: int) -> pl.DataFrame:
    key = ("system", "org_nr", "message_type", "local_id")
    before = versions.filter(col("valid_from") <= at).sort("valid_from", maintain_order=True)
    return before.group_by(key, maintain_order=True).last()


def _line(row: dict[str, Any], names: list[str]) -> dict[str, Any]:
    found = {name: row[name] for name in ("system", "org_nr", "message_type", "local_id", "status")}
    found |= {"record": None, "warnings": [], "person": None}
    if row["status"] != "live":
        return found
    appointment = row["message_type"] == MessageType.APPOINTMENT
    record = {n: row[n] for n in names if not appointment or n in _OF_APPOINTMENTS}
    record["set_aside"] = [row["set_aside"]] if row["set_aside"] else []
    if not appointment:
        record["time_precision"] = "date" if row["minute"] is None else "minute"
        record["practitioner_roles"] = row["practitioner_roles"].split(",")
    kinds = row["reserved"].split(",") if row["reserved"] else []
    for field in [field for kind in kinds for field in _RESERVABLE[kind]]:
        record["set_aside"] = [name for name in record["set_aside"] if name != field]
        if field in record:
            record[field] = None
    if row["person_kind"]:
        found["person"] = {"kind": row["person_kind"], "number": row["person_number"]}
    rule = _WARNINGS.get(row["fault"])
    return found | {"record": record, "warnings": [rule] if rule else []}


class ExpectedAnswer(NamedTuple):
    """The required answer to a line: its outcome, and a rule that it breaks."""

    outcome: str
    rule: str | None


def answers(out: Path) -> dict[Unit, list[ExpectedAnswer]]:
    """Return the required answer to every line of each unit, in the order of sending."""
    place = ["system", "org_nr", "file_number", "index"]
    broken = table(out, "faults").filter(col("rule").is_not_null()).select(*place, "rule")
    every = table(out, "outcomes").join(broken, on=place, how="left", validate="1:1")
    found: dict[Unit, list[ExpectedAnswer]] = {}
    ordered = every.sort(place).select("system", "org_nr", "outcome", "rule")
    for system, org_nr, outcome, rule in ordered.iter_rows():
        found.setdefault((system, org_nr), []).append(ExpectedAnswer(outcome, rule))
    return found


def rights(out: Path, pseudonyms: Pseudonyms) -> Iterator[tuple[bytes, bytes]]:
    """Yield keys and values of kpr.rights: reservations under each number of their person."""
    for row in table(out, "reservations").iter_rows(named=True):
        for kind in (IdKind.FNR, IdKind.DNR, IdKind.DUF):
            if row[kind.value] is None:
                continue
            number = row[kind.value].zfill(12 if kind is IdKind.DUF else 11)
            key = pseudonyms.person_key(kind, number)
            reservations = [
                {"kind": one, "from": row["from"], "revoked": row["revoked"]}
                for one in row["kinds"].split(",")
            ]
            yield (
                key.hex().encode(),
                wire.encode("rights", {"person_key": key.hex(), "reservations": reservations}),
            )


def rounds(out: Path) -> list[list[str]]:
    """Return the paths of the export files of each round."""
    files = table(out, "files").sort("round", "sent_at", "path")
    grouped = files.group_by("round", maintain_order=True).agg(col("path"))
    return [paths for _, paths in grouped.iter_rows()]
