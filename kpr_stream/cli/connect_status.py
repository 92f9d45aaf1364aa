"""``kpr-stream connect status``: how far each unit of an outbox is, and what is missing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kpr_stream.cli.command_options import Json

if TYPE_CHECKING:
    from rich.console import Console

    from kpr_stream.connectors.report.units import SeriesState, UnitProgress

System = Annotated[str, typer.Option(help="EPJ system, for example visma-hspro.")]
MOST_HOLES = 20
"""Lines of holes that people are shown; JSON has all of them."""


def status(system: System, as_json: Json = False) -> None:
    """Show each unit of the outbox, and what its files leave out.

    Last sent and answered, oldest unsent, since when and why a unit is held,
    items with open errors; missing file numbers and days without a file. Reads
    the outbox beside a connector that runs.

    Exit code 1: a unit is held, or a file is missing.

    Example: kpr-stream connect status --system visma-hspro
    """
    from kpr_stream.cli.report import people, print_json
    from kpr_stream.connectors.report.read import read_outbox
    from kpr_stream.connectors.report.units import series_states, unit_states
    from kpr_stream.connectors.run import outbox_path
    from kpr_stream.model.words import system_named
    from kpr_stream.settings import Settings

    which = system_named(system)
    with read_outbox(outbox_path(Settings(), which)) as outbox:
        units, series = unit_states(outbox), series_states(outbox)
    if as_json:
        print_json(
            {
                "system": which,
                "units": [_unit_json(unit) for unit in units],
                "series": [_series_json(one) for one in series],
            }
        )
    else:
        _print(units, series, people(as_json))
    if any(unit.held_since is not None for unit in units) or any(one.missing for one in series):
        raise typer.Exit(1)


def time_of(at_ms: int | None) -> str | None:
    """Return a time in ms since 1970 as text in UTC."""
    from kpr_stream.model.utc_time import utc_time

    return None if at_ms is None else utc_time(datetime.fromtimestamp(at_ms / 1000, UTC))


def _unit_json(unit: UnitProgress) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "org_nr": unit.org_nr,
        "status": unit.status,
        "last_sent": time_of(unit.sent_at),
        "last_answered": time_of(unit.answered_at),
        "unanswered": unit.unanswered,
        "oldest_unsent": time_of(unit.oldest_unsent_at),
        "oldest_unanswered": time_of(unit.oldest_unanswered_at),
        "held_since": time_of(unit.held_since),
        "reason": unit.reason,
        "refusal": None if unit.refusal is None else asdict(unit.refusal),
        "items_with_errors": unit.errors,
    }


def _series_json(series: SeriesState) -> dict[str, Any]:
    return {
        "folder": series.folder,
        "files": series.files,
        "last_day": series.last_day,
        "missing_numbers": [[one.first, one.last] for one in series.missing],
        "days_without_file": [
            {
                "message_type": hole.message_type,
                "from": hole.first.isoformat(),
                "to": hole.last.isoformat(),
                "file_is_missing": hole.lost,
            }
            for hole in series.holes
        ],
    }


def _print(units: list[UnitProgress], series: list[SeriesState], out: Console) -> None:
    from rich.table import Table

    from kpr_stream.connectors.report.gaps import gaps
    from kpr_stream.model.utc_time import NEVER

    table = Table(box=None)
    for name in ("unit", "status", "last sent", "last answered", "waiting", "oldest unsent"):
        table.add_column(name, no_wrap=True)
    table.add_column("errors", justify="right")
    table.add_column("held since, reason", overflow="fold")
    for unit in units:
        held = "" if unit.held_since is None else f"{time_of(unit.held_since)} {unit.reason or ''}"
        table.add_row(
            *(unit.org_nr, unit.status.value),
            *(time_of(unit.sent_at) or NEVER, time_of(unit.answered_at) or NEVER),
            *(str(unit.unanswered), time_of(unit.oldest_unsent_at) or "-"),
            *(str(unit.errors), held),
        )
    out.print(table, highlight=False, soft_wrap=False)
    for line in gaps(series)[:MOST_HOLES]:
        out.print(line, highlight=False, markup=False)
