"""Writes the tables in `docs/vendor/systems/`: `python -m tools.systems_pages`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from kpr_stream.connectors.mapping.table import (
    FhirRows,
    RowStatus,
    SystemTable,
    TableRow,
    all_tables,
)
from kpr_stream.model.words import System
from tests.support.repository import ROOT
from tools.generated import after_mark, write

FOLDER = ROOT / "docs" / "vendor" / "systems"
MARK = "<!-- made from the mapping table by `make pages`; do not edit below -->"
_HABITS = {
    "weight_unit": "unit of weight",
    "length_unit": "unit of length and head circumference",
    "day_first_dates": "dates may be written 31.12.2024",
    "clock": "times are written with offset, in UTC, or as local time",
    "ids_as_numbers": "identifiers are JSON numbers, which lose leading zeros",
    "decimal_comma": "measures are text with a decimal comma",
    "many_units": "one installation writes many units into common files",
}


def page_of(system: System) -> Path:
    """The page of a system."""
    return FOLDER / f"{system}.md"


def tables(table: SystemTable) -> str:
    """What a table says, and how much of it is confirmed."""
    rows = _all_rows(table)
    counts = Counter(row.status for row in rows)
    confirmed, assumed = counts[RowStatus.CONFIRMED], counts[RowStatus.ASSUMED]
    parts = [
        f"Table version {table.version}: {confirmed} rows are confirmed, {assumed} are assumed.\n",
        "### Export files\n",
        _markdown(
            ("how the system writes", "value", "status", "source or reason"),
            [
                (text, _value(getattr(table.habits, name).value), *_ground(row))
                for name, text in _HABITS.items()
                for row in [getattr(table.habits, name)]
            ],
        ),
    ]
    if table.fhir is not None:
        parts += _fhir(table.fhir)
    parts += ["### What the vendor must confirm\n", _to_confirm(table)]
    return "\n".join(parts)


def _fhir(rows: FhirRows) -> list[str]:
    return [
        "### FHIR: identifiers\n",
        _markdown(
            ("system", "field", "status", "source or reason"),
            [(f"`{one.system}`", f"`{one.field}`", *_ground(one)) for one in rows.identifiers],
        ),
        "### FHIR: codes of Observation\n",
        _markdown(
            ("system", "code", "field", "status", "source or reason"),
            [
                (
                    f"`{one.system}`",
                    f"`{one.code}`",
                    f"`{one.field}`" + (f", `{one.position}`" if one.position else ""),
                    *_ground(one),
                )
                for one in rows.measures
            ],
        ),
        "### FHIR: code pairs\n",
        _markdown(
            ("field", "system", "code", "value", "status", "source or reason"),
            [
                (
                    *(f"`{text}`" for text in (one.field, one.system, one.code, one.value)),
                    *_ground(one),
                )
                for one in rows.pairs
            ],
        ),
        "### FHIR: code systems without meaning for the register\n",
        _markdown(
            ("system", "status", "source or reason"),
            [(f"`{one.system}`", *_ground(one)) for one in rows.ignored],
        ),
    ]


def _to_confirm(table: SystemTable) -> str:
    open_rows = [row for row in _all_rows(table) if row.status is RowStatus.ASSUMED]
    reasons = Counter(row.ground for row in open_rows)
    lines = [
        "- Its own codes of every coded field, as a file (`KPR_CODES_FILE`).",
        *(f"- {n} {'row' if n == 1 else 'rows'}: {text}" for text, n in reasons.items()),
    ]
    return "\n".join(lines) + "\n"


def _all_rows(table: SystemTable) -> list[TableRow]:
    found: list[TableRow] = [getattr(table.habits, name) for name in _HABITS]
    if table.fhir is not None:
        found += [*table.fhir.identifiers, *table.fhir.measures, *table.fhir.pairs]
        found += table.fhir.ignored
    return found


def _ground(row: TableRow) -> tuple[str, str]:
    return row.status.value, row.ground


def _value(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _markdown(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def files() -> dict[Path, str]:
    """Every page, with its tables made again."""
    return {
        page_of(system): after_mark(page_of(system), MARK, tables(table))
        for system, table in all_tables().items()
    }


if __name__ == "__main__":
    write(files())
