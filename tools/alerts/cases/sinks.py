"""Cases of the alerts about sinks."""

from __future__ import annotations

from typing import Final

from tools.alerts.case import Case, Firing


def _sink(name: str, committed: str, oldest: str) -> dict[str, str]:
    return {
        f'kpr_sink_last_commit_timestamp_seconds{{sink="{name}"}}': committed,
        f'kpr_sink_oldest_unapplied_seconds{{sink="{name}"}}': oldest,
    }


_WELL: Final = _sink("identity", "0+60x240", "0x240")

CASES: Final = (
    Case(
        alert="SinkBehind",
        why="a record has waited for 20 minutes",
        series={**_WELL, **_sink("content", "0+60x240", "1200x240")},
        at="15m",
        fires=[Firing(labels={"sink": "content"}, value="20m 0s")],
    ),
    Case(
        alert="SinkBehind",
        why="nothing waits",
        series={**_WELL, **_sink("content", "600x240", "0x240")},
        at="70m",
    ),
    Case(
        alert="SinkStopped",
        why="it does not run",
        series=_WELL,
        at="15m",
        fires=[Firing(labels={"sink": "content"})],
    ),
    Case(
        alert="SinkStopped",
        why="records wait and the database hangs",
        series={**_WELL, **_sink("content", "600x240", "0x20 0+60x220")},
        at="70m",
        fires=[Firing(labels={"sink": "content"})],
    ),
    Case(
        alert="SinkStopped",
        why="nothing arrives, so nothing is committed",
        series={**_WELL, **_sink("content", "600x240", "0x240")},
        at="70m",
    ),
    Case(
        alert="SinkStopped",
        why="it commits, though late",
        series={**_WELL, **_sink("content", "0+60x240", "1200x240")},
        at="70m",
    ),
)
