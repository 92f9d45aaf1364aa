"""The panel of the projector, which writes the topic that analysts read."""

from __future__ import annotations

from typing import Final

from deploy.grafana.parts import links
from deploy.grafana.parts.colours import BAD, GOOD, LATE
from deploy.grafana.parts.columns import Column
from deploy.grafana.parts.panels import Asked, Panel, rows
from deploy.grafana.parts.queries import RATE

_PROCESS: Final = "job, name"


def state() -> Panel:
    """Return how far the analysts' topic is, and what is held back."""
    newest, total = f"max by ({_PROCESS})", f"sum by ({_PROCESS})"
    committed = "kpr_projector_last_commit_timestamp_seconds"
    return rows(
        Asked(
            question="Does the analysts' topic follow?",
            why="One projector carries consultations to the topic that analysts read. What is "
            "held waits for the end of a child's week of birth, as it must.",
            unit="short",
            steps=((None, GOOD), (1, LATE)),
            runbook="ProjectorBehind",
            to=links.NATION,
            width=24,
            height=4,
        ),
        [
            Column(name="Process", label="job"),
            Column(name="Name", label="name"),
            Column(
                name="Oldest waits",
                query=f"{newest} (kpr_projector_oldest_waiting_seconds)",
                unit="s",
                steps=((None, GOOD), (60, LATE), (600, BAD)),
            ),
            Column(name="Waiting", query=f"{total} (kpr_projector_lag_records)"),
            Column(
                name="Last commit",
                query=f"{newest} (time() - ({committed} > 0))",
                unit="s",
                missing="none since start",
            ),
            Column(
                name="Records a second",
                query=f"{total} (rate(kpr_projector_records_total[{RATE}]))",
                decimals=1,
            ),
            Column(name="Held", query=f"{total} (kpr_projector_held_records)"),
        ],
        first="Oldest waits",
        per_row=_PROCESS.split(", "),
    )
