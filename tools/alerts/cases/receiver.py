"""Cases of the alerts about worker, ledgers and books."""

from __future__ import annotations

from typing import Final

from tools.alerts.case import Case, Firing

SYSTEM: Final = {"system": "eg-infodoc"}
_BOOKS: Final = 'kpr_books_imbalance_deliveries{system="eg-infodoc",fault="no_receipt"}'
_WAITING: Final = 'kpr_oldest_waiting_seconds{system="eg-infodoc"}'
_UNPROCESSED: Final = 'kpr_unprocessed_deliveries{system="eg-infodoc"}'
_PROBE: Final = "kpr_probe_last_success_timestamp_seconds"


def _ledger(rebuilt: str, opened: str) -> dict[str, str]:
    return {
        "kpr_ledger_rebuilt_records_total": rebuilt,
        "kpr_lane_openings_total": opened,
        'kpr_ledger_entries{lane="0"}': "1000x400",
    }


CASES: Final = (
    Case(
        alert="BooksDoNotBalance",
        why="two deliveries without a receipt",
        series={_BOOKS: "0x10 2x60"},
        at="15m",
        fires=[Firing(labels={**SYSTEM, "fault": "no_receipt"}, value="2")],
    ),
    Case(
        alert="BooksDoNotBalance",
        why="they balance",
        series={_BOOKS: "0x60"},
        at="15m",
    ),
    Case(
        alert="OldestUnprocessed",
        why="a delivery has waited for 20 minutes, in one of two workers",
        series={
            f'{_WAITING[:-1]},instance="a"}}': "1200x60",
            f'{_WAITING[:-1]},instance="b"}}': "0x60",
        },
        at="10m",
        fires=[Firing(labels=SYSTEM, value="20m 0s")],
    ),
    Case(
        alert="OldestUnprocessed",
        why="a long wait that ends before five minutes are over",
        series={_WAITING: "1200x3 0x60"},
        at="10m",
    ),
    Case(
        alert="NoCommits",
        why="deliveries wait and the only worker commits nothing",
        series={_UNPROCESSED: "3x60", "kpr_commits_total": "7x60"},
        at="20m",
        fires=[Firing(value="3")],
    ),
    Case(
        alert="NoCommits",
        why="deliveries wait and no worker is there",
        series={_UNPROCESSED: "3x60"},
        at="20m",
        fires=[Firing(value="3")],
    ),
    Case(
        alert="NoCommits",
        why="deliveries wait while others are committed",
        series={_UNPROCESSED: "3x60", "kpr_commits_total": "0+5x60"},
        at="20m",
    ),
    Case(
        alert="NoCommits",
        why="nothing waits and nothing is committed",
        series={_UNPROCESSED: "0x60", "kpr_commits_total": "7x60"},
        at="20m",
    ),
    Case(
        alert="LaneUnowned",
        why="two workers have six of the eight lanes",
        series={'kpr_lanes_open{name="a"}': "4x60", 'kpr_lanes_open{name="b"}': "2x60"},
        at="15m",
        fires=[Firing(value="2")],
    ),
    Case(
        alert="LaneUnowned",
        why="no worker is there",
        series={},
        at="15m",
        fires=[Firing(value="8")],
    ),
    Case(
        alert="LaneUnowned",
        why="a lane moves within ten minutes",
        series={'kpr_lanes_open{name="a"}': "8x5 7x5 8x60"},
        at="15m",
    ),
    Case(
        alert="LedgerRebuildsOften",
        why="lanes move all the time and read everything each time",
        series=_ledger("0+100x400", "0+1x400"),
        at="361m",
        fires=[Firing(value="36k")],
    ),
    Case(
        alert="LedgerRebuildsOften",
        why="one restart that read everything",
        series=_ledger("0x100 9000x300", "0x100 8x300"),
        at="361m",
    ),
    Case(
        alert="ProbeFails",
        why="its last success was an hour ago",
        series={_PROBE: "600x240"},
        at="70m",
        fires=[Firing()],
    ),
    Case(
        alert="ProbeFails",
        why="it does not run",
        series={},
        at="10m",
        fires=[Firing()],
    ),
    Case(
        alert="ProbeFails",
        why="it succeeds each minute",
        series={_PROBE: "0+60x240"},
        at="70m",
    ),
)
