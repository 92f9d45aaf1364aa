"""Describe the result of a demo: a table for people, one JSON object for scripts."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from kpr_stream.audit.balance import outcomes_of
from kpr_stream.demo.run import Result
from kpr_stream.model.words import OUTCOMES, SYSTEMS


def as_json(result: Result) -> dict[str, Any]:
    """Return the result as one JSON object.

    Counts are of this run; records and rows are those that exist at its end.
    """
    return {
        "received": sum(result.books.received.values()),
        "outcomes": outcomes_of(result.books, result.books.outcomes),
        "balanced": result.balanced,
        "outcomes_as_expected": result.outcomes_as_expected,
        "clean_records": result.books.live,
        "rows_in_postgres": result.live_rows,
        "rows_equal_truth": result.rows.equal,
        "receipts": len(result.books.receipts),
        "doubled": result.books.doubled,
        "systems": {system.value: _system(result, system.value) for system in SYSTEMS},
        "privacy": {
            "ids_searched": result.privacy.ids,
            "records_searched": result.privacy.records,
            "files_searched": result.privacy.files,
            "canary_found": result.privacy.canary_found,
            "leaks": [leak.place for leak in result.privacy.leaks],
        },
        "restarts": result.restarts,
        "report": None if result.report is None else str(result.report),
        "seconds": {**result.seconds, "total": round(sum(result.seconds.values()), 2)},
        "ok": result.good,
    }


def _system(result: Result, system: str) -> dict[str, Any]:
    # A nation of few municipalities has not all systems.
    expected = result.expected["systems"].get(system, {"municipalities": {}})
    units = [unit for unit in result.books.outcomes if unit[0] == system]
    return {
        "received": sum(result.books.received[unit] for unit in units),
        "outcomes": outcomes_of(result.books, units),
        "units": len(units),
        "municipalities": sorted(expected["municipalities"]),
    }


def table(result: Result) -> Table:
    """Return a table of items received and their outcomes, by system and municipality."""
    found = Table(title="What became of every item")
    found.add_column("system", no_wrap=True)
    found.add_column("municipality", no_wrap=True)
    for name in ("received", *(o.value for o in OUTCOMES)):
        found.add_column(name, justify="right", no_wrap=True)
    for system, expected in result.expected["systems"].items():
        for code, units in _by_municipality(expected).items():
            members = [(system, org_nr) for org_nr in units]
            outcomes = outcomes_of(result.books, members)
            received = sum(result.books.received[unit] for unit in members)
            found.add_row(system, code, str(received), *(str(n) for n in outcomes.values()))
    total = outcomes_of(result.books, result.books.outcomes)
    received = sum(result.books.received.values())
    found.add_section()
    found.add_row("all", "", str(received), *(str(n) for n in total.values()))
    return found


def _by_municipality(system: dict[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for org_nr, unit in system["units"].items():
        found.setdefault(unit["municipality_code"], []).append(org_nr)
    return found


def findings(result: Result) -> list[str]:
    """Return what the table does not show, one line each."""
    lines = [
        f"Receipts: {len(result.books.receipts)}, one for each delivery.",
        (
            f"Cleaned records now live on the topics: {result.books.live}; "
            f"rows in PostgreSQL: {result.live_rows}."
        ),
        f"Balance of sender, receipts and topics: {_verdict(result.balanced)}.",
        (
            f"Rows against the simulator's truth, key by key: {_verdict(result.rows.equal)} "
            f"({result.rows.compared} compared)."
        ),
        (
            f"Privacy: {result.privacy.ids} national ids searched in "
            f"{result.privacy.records} records and {result.privacy.files} files, canary "
            f"{'found' if result.privacy.canary_found else 'NOT found'}: "
            f"{_verdict(result.privacy.clean)}."
        ),
    ]
    lines += [f"Unbalanced: {system} {org_nr}" for system, org_nr in result.unbalanced]
    if not result.rows.equal:
        lines.append(
            f"Rows: {result.rows.missing} missing, {result.rows.extra} extra, "
            f"different fields: {dict(result.rows.different)}"
        )
    if not result.outcomes_as_expected:
        lines.append("Outcomes differ from what the simulator expected.")
    if result.restarts:
        lines.append(f"Processes that died and were started again: {result.restarts}.")
    lines += [f"Leak: {leak.place}" for leak in result.privacy.leaks]
    seconds = ", ".join(f"{name} {s:.1f} s" for name, s in result.seconds.items())
    lines.append(f"Time: {seconds}.")
    lines.append(
        "No report: install kpr-stream[analytics]."
        if result.report is None
        else f"A municipality's report, for a browser: {result.report}"
    )
    return lines


def _verdict(good: bool) -> str:  # noqa: FBT001 - a verdict in words
    return "good" if good else "NOT GOOD"
