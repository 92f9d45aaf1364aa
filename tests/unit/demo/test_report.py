"""The demo's answer: a verdict for each check, and no good end while one of them fails."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from rich.console import Console

from kpr_stream.audit.balance import Balance
from kpr_stream.audit.privacy import Leak
from kpr_stream.audit.rows import Comparison
from kpr_stream.demo.check import PrivacySearch
from kpr_stream.demo.page import largest
from kpr_stream.demo.report import as_json, findings, table
from kpr_stream.demo.run import Result
from kpr_stream.model.words import RecordStatus

ONE, TWO, THREE = "974760673", "983658776", "991825827"
SYSTEM: Final = "eg-infodoc"
CLEAN: Final = PrivacySearch(ids=9, records=30, files=4, leaks=[], canary_found=True)


def unit(municipality: str, **outcomes: int) -> dict[str, Any]:
    return {"municipality_code": municipality, "outcomes": outcomes}


EXPECTED: Final = {
    "systems": {
        SYSTEM: {
            "municipalities": {"4601": {}, "0301": {}},
            "units": {
                ONE: unit("0301", accepted=4, rejected=1),
                TWO: unit("0301", accepted=2),
                THREE: unit("4601", accepted=6),
            },
        },
    },
}


def result(**more: Any) -> Result:
    """Return the result of a good run of three units of one system."""
    counts = {ONE: (4, 1), TWO: (2, 0), THREE: (6, 0)}
    books = Balance(
        received=Counter({(SYSTEM, org): sum(n) for org, n in counts.items()}),
        outcomes={
            (SYSTEM, org): Counter(accepted=accepted, rejected=rejected)
            for org, (accepted, rejected) in counts.items()
        },
        quarantined=Counter({(SYSTEM, ONE): 1}),
        statuses={b"a": RecordStatus.LIVE, b"b": RecordStatus.LIVE, b"c": RecordStatus.DELETED},
        receipts=Counter({(SYSTEM, 1, 0): 1, (SYSTEM, 2, 0): 1}),
    )
    good = Result(
        expected=EXPECTED,
        sent=dict(books.received),
        books=books,
        unbalanced=[],
        outcomes_as_expected=True,
        rows=Comparison(compared=3),
        live_rows=2,
        privacy=CLEAN,
        restarts=0,
        report=Path("report-0301.html"),
        seconds={"stream": 1.5, "check": 0.25},
    )
    return replace(good, **more)


def printed(one: Result) -> str:
    """Return the table as a wide terminal shows it."""
    console = Console(width=200, force_terminal=False)
    with console.capture() as lines:
        console.print(table(one))
    return lines.get()


def test_a_good_run_is_good_in_every_line() -> None:
    lines = findings(result())
    assert result().good
    assert not [line for line in lines if "NOT" in line]
    assert lines[0] == "Receipts: 2, one for each delivery."
    assert lines[1] == "Cleaned records now live on the topics: 2; rows in PostgreSQL: 2."
    assert lines[-2:] == [
        "Time: stream 1.5 s, check 0.2 s.",
        "A municipality's report, for a browser: report-0301.html",
    ]


@pytest.mark.parametrize(
    ("wrong", "lines"),
    [
        (
            {"unbalanced": [(SYSTEM, TWO)]},
            [
                "Balance of sender, receipts and topics: NOT GOOD.",
                f"Unbalanced: {SYSTEM} {TWO}",
            ],
        ),
        ({"outcomes_as_expected": False}, ["Outcomes differ from what the simulator expected."]),
        (
            {"rows": Comparison(3, 1, 2, Counter({"consultation.start": 4}))},
            [
                "Rows against the simulator's truth, key by key: NOT GOOD (3 compared).",
                "Rows: 1 missing, 2 extra, different fields: {'consultation.start': 4}",
            ],
        ),
        ({"live_rows": 1}, ["Cleaned records now live on the topics: 2; rows in PostgreSQL: 1."]),
        (
            {"privacy": replace(CLEAN, canary_found=False)},
            [
                (
                    "Privacy: 9 national ids searched in 30 records and 4 files, "
                    "canary NOT found: NOT GOOD."
                )
            ],
        ),
        ({"privacy": replace(CLEAN, leaks=[Leak("file a.log")])}, ["Leak: file a.log"]),
    ],
)
def test_a_failed_check_makes_the_run_bad_and_is_named(
    wrong: dict[str, Any], lines: list[str]
) -> None:
    bad = result(**wrong)
    assert not bad.good
    assert as_json(bad)["ok"] is False
    found = findings(bad)
    assert [line for line in lines if line not in found] == []


def test_a_version_that_was_written_twice_makes_the_run_bad() -> None:
    bad = result()
    bad.books.written["kpr.hst.consultation", b"a", 1, 1, 0] = 2
    assert (bad.balanced, bad.good) == (False, False)
    assert as_json(bad)["doubled"] == 1


def test_restarts_and_a_report_that_was_not_written_are_named() -> None:
    lines = findings(result(restarts=3, report=None))
    assert "Processes that died and were started again: 3." in lines
    assert lines[-1] == "No report: install kpr-stream[analytics]."


def test_the_table_counts_units_of_a_municipality_together_and_all_at_its_end() -> None:
    rows = [line.replace("│", " ").split() for line in printed(result()).splitlines()]
    ours = [row for row in rows if row[:1] in ([SYSTEM], ["all"])]
    assert [row[:3] for row in ours[:2]] == [[SYSTEM, "0301", "7"], [SYSTEM, "4601", "6"]]
    assert ours[2][:2] == ["all", "13"]
    assert [sum(map(int, row[-7:])) for row in ours] == [7, 6, 13]


def test_the_json_has_every_system_also_those_without_units() -> None:
    found = as_json(result())
    assert found["systems"][SYSTEM]["municipalities"] == ["0301", "4601"]
    assert (found["systems"][SYSTEM]["units"], found["systems"][SYSTEM]["received"]) == (3, 13)
    assert found["systems"]["visma-hspro"]["municipalities"] == []
    assert found["systems"]["visma-hspro"]["received"] == 0
    assert found["seconds"] == {"stream": 1.5, "check": 0.25, "total": 1.75}
    assert found["report"] == "report-0301.html"


def test_the_report_is_of_the_municipality_with_most_items() -> None:
    assert largest(EXPECTED) == "0301"
