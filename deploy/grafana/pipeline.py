"""Dashboard 4: the pipeline. Which step is slow or has stopped, from the broker to the database?"""

from __future__ import annotations

from deploy.grafana import pipeline_projector, pipeline_sinks
from deploy.grafana.parts import links, receipts, variables, wrong_now
from deploy.grafana.parts.board import Board
from deploy.grafana.parts.colours import (
    ANY_IS_LATE,
    BAD,
    GOOD,
    LATE,
    NOTE,
    NOTHING_IS_LATE,
    QUIET,
)
from deploy.grafana.parts.panels import Asked, Panel, lines, number, ranking
from deploy.grafana.parts.queries import RATE, SYSTEM, Query

LANES = 8
"""Partitions of each delivery topic: part of the contract."""


def board() -> Board:
    """Return the dashboard."""
    return Board(
        uid=links.PIPELINE,
        description="Lanes, stages and commits of the workers; sinks, database and projector; "
        "all processes.",
        shows="3h",
        variables=[variables.system()],
        rows=[
            ("What is wrong now", _wrong_now()),
            (
                "Workers",
                [
                    receipts.receipt_latency(to=links.SYSTEM_UID, width=8, height=8),
                    _stages(),
                    _commits(),
                    *_lanes(),
                ],
            ),
            ("Sinks and database", pipeline_sinks.panels()),
            ("Topic for analysts", [pipeline_projector.state()]),
            ("Processes", pipeline_sinks.processes()),
        ],
    )


def _wrong_now() -> list[Panel]:
    return [
        _lanes_served(),
        wrong_now.oldest_waiting(to=links.SYSTEM_UID, width=4),
        _unprocessed(),
        pipeline_sinks.oldest_unapplied(),
        _probe(),
        wrong_now.down(to=links.NATION, width=4),
    ]


def _lanes_served() -> Panel:
    return number(
        Asked(
            question="Are all 8 lanes served?",
            why="A lane is one partition of all delivery topics. One that no worker serves lets "
            "an eighth of all units wait.",
            unit="short",
            steps=((None, BAD), (LANES, GOOD), (LANES + 1, LATE)),
            runbook="LaneUnowned",
            to=links.NATION,
            width=4,
            height=4,
        ),
        Query("sum(kpr_lanes_open)"),
        missing="no worker",
    )


def _unprocessed() -> Panel:
    return number(
        Asked(
            question="How many deliveries wait?",
            why="Deliveries on the topics that no worker has committed, as the exporter sees "
            "them: also when no worker runs.",
            unit="short",
            steps=((None, GOOD), (1_000, LATE), (100_000, BAD)),
            runbook="OldestUnprocessed",
            to=links.SYSTEM_UID,
            width=4,
            height=4,
        ),
        Query(f"sum(kpr_unprocessed_deliveries{{{SYSTEM}}})"),
        missing="no exporter",
    )


def _probe() -> Panel:
    return number(
        Asked(
            question="How old is the last hello?",
            why="The probe asks every minute through broker, worker and receipt. Three minutes "
            "without an answer mean that the whole way does not work, also when nobody sends.",
            unit="s",
            steps=((None, GOOD), (90, LATE), (180, BAD)),
            runbook="ProbeFails",
            to=links.NATION,
            width=4,
            height=4,
        ),
        Query("time() - max(kpr_probe_last_success_timestamp_seconds > 0)"),
        missing="no probe",
    )


def _stages() -> Panel:
    return lines(
        Asked(
            question="Which stage takes the time?",
            why="Seconds that all workers spend in each stage, a second. A stage near the number "
            "of workers is the limit of the pipeline.",
            unit="suffix: s/s",
            steps=((None, GOOD), (4, LATE), (8, BAD)),
            runbook="OldestUnprocessed",
            to=links.SYSTEM_UID,
            width=8,
            height=8,
        ),
        Query(f"sum by (stage) (rate(kpr_stage_seconds_sum[{RATE}]))", "{{stage}}"),
        stacked=True,
    )


def _commits() -> Panel:
    return lines(
        Asked(
            question="Do the transactions commit?",
            why="Kafka transactions a second. Aborts and openings are 0 in normal operation; a "
            "steady rate means that lanes move or the broker fails.",
            unit="suffix: /s",
            steps=NOTHING_IS_LATE,
            runbook="NoCommits",
            to=links.NATION,
            width=8,
            height=8,
        ),
        Query(f"sum(rate(kpr_commits_total[{RATE}]))", "committed"),
        Query(f"sum(rate(kpr_aborts_total[{RATE}]))", "aborted"),
        Query(f"sum(rate(kpr_lane_openings_total[{RATE}]))", "lanes opened"),
        colours={"committed": GOOD, "aborted": BAD, "lanes opened": LATE},
    )


def _lanes() -> list[Panel]:
    return [
        ranking(
            Asked(
                question="How many records wait in each lane?",
                why="Records that a worker has fetched and not yet committed. One lane far above "
                "the others has a heavy or poisonous delivery.",
                unit="short",
                steps=((None, NOTE), (500, LATE), (5_000, BAD)),
                runbook="OldestUnprocessed",
                to=links.SYSTEM_UID,
                width=8,
                height=8,
            ),
            Query("sort_desc(sum by (lane) (kpr_lane_waiting_records))", "lane {{lane}}"),
        ),
        ranking(
            Asked(
                question="How large is each ledger?",
                why="Bytes on disk of what each lane remembers. It grows with the number of "
                "consultations; lanes are about equal.",
                unit="bytes",
                steps=((None, QUIET), (50e9, LATE), (200e9, BAD)),
                runbook="DiskFills",
                to=links.BACKFILL,
                width=8,
                height=8,
            ),
            Query("sort_desc(max by (lane) (kpr_ledger_bytes))", "lane {{lane}}"),
        ),
        ranking(
            Asked(
                question="Which lanes are being opened, and how much is left?",
                why="Records that a lane has still to read before it serves. 0: the lane is open.",
                unit="short",
                steps=ANY_IS_LATE,
                runbook="LedgerRebuildsOften",
                to=links.NATION,
                width=8,
                height=8,
            ),
            Query("sort_desc(max by (lane) (kpr_lane_opening_records_left))", "lane {{lane}}"),
        ),
    ]
