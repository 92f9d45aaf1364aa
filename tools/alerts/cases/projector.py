"""Cases of the alerts about the projector."""

from __future__ import annotations

from typing import Final

from tools.alerts.case import Case, Firing


def _projector(committed: str, oldest: str) -> dict[str, str]:
    return {
        "kpr_projector_last_commit_timestamp_seconds": committed,
        "kpr_projector_oldest_waiting_seconds": oldest,
    }


CASES: Final = (
    Case(
        alert="ProjectorBehind",
        why="a record has waited for 20 minutes",
        series=_projector("0+60x240", "1200x240"),
        at="15m",
        fires=[Firing(value="20m 0s")],
    ),
    Case(
        alert="ProjectorBehind",
        why="nothing waits",
        series=_projector("600x240", "0x240"),
        at="70m",
    ),
    Case(
        alert="ProjectorBehind",
        why="a backfill is carried within minutes",
        series=_projector("0+60x240", "0x20 1200x5 0x215"),
        at="28m",
    ),
    Case(
        alert="ProjectorStopped",
        why="it does not run",
        series={},
        at="15m",
        fires=[Firing()],
    ),
    Case(
        alert="ProjectorStopped",
        why="records wait and no transaction is committed",
        series=_projector("600x240", "0x20 0+60x220"),
        at="70m",
        fires=[Firing()],
    ),
    Case(
        alert="ProjectorStopped",
        why="nothing arrives, so nothing is committed",
        series=_projector("600x240", "0x240"),
        at="70m",
    ),
    Case(
        alert="ProjectorStopped",
        why="it commits, though late",
        series=_projector("0+60x240", "1200x240"),
        at="70m",
    ),
)
