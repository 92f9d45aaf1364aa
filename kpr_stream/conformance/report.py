"""The report of a run: one JSON object, and one HTML page that needs nothing else. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Any, Final

from kpr_stream import __version__
from kpr_stream.conformance.cases import SUITE_VERSION, CaseOutcome, CaseResult, grade
from kpr_stream.conformance.checks import deliveries, version_of
from kpr_stream.model.utc_time import utc_time
from kpr_stream.model.words import System
from kpr_stream.trial_receiver.sent import SentRecord, for_page

MOST_RECORDS: Final = 2_000
"""Records that a report lists. A sender that runs away would make a page that no browser opens."""

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; color: #1a1a1a; }
table { border-collapse: collapse; width: 100%; margin-bottom: 2rem; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #ccc; vertical-align: top; }
.passed { color: #116622; } .failed { color: #a01818; font-weight: 600; } .not { color: #8a5a00; }
""".strip()  # noqa: E501 - one rule a line


def report_of(
    system: System,
    log: Sequence[SentRecord],
    results: list[CaseResult],
    *,
    tested_at: datetime,
    seconds: float,
    ended_early: str | None = None,
) -> dict[str, Any]:
    """Return the report as JSON holds it. ``tested_at``: when the run began.

    ``ended_early``: why not every step was run; None if every step was.
    """
    return {
        "report": "conformance of a sender",
        "system": system.value,
        "software_version": version_of(log),
        "grade": grade(results).value,
        "suite_version": SUITE_VERSION,
        "contract_versions": sorted(
            {one.envelope.contract_version for one in deliveries(log) if one.envelope}
        ),
        "receiver_version": __version__,
        "tested_at": utc_time(tested_at),
        "seconds": round(seconds, 1),
        "ended_early": ended_early,
        "counts": {
            str(result): sum(one.result is result for one in results) for result in CaseOutcome
        },
        "cases": [
            {
                "case": one.case.name,
                "group": one.case.group.value,
                "required": one.case.required,
                "result": one.result.value,
                "problems": list(one.problems),
                "en": one.case.en,
                "no": one.case.no,
            }
            for one in results
        ],
        "records": [for_page(one) for one in log[:MOST_RECORDS]],
    }


def page_of(report: dict[str, Any]) -> str:
    """Return the report as a page in English and Bokmål."""
    counts = ", ".join(f"{n} {word}" for word, n in report["counts"].items())
    about = {
        "System": report["system"],
        "Software version": report["software_version"],
        "Tested at": report["tested_at"],
        "Cases, version": report["suite_version"],
        "Contract versions": ", ".join(report["contract_versions"]),
        "Receiver": report["receiver_version"],
        "Results": counts,
    }
    if report["ended_early"]:
        about["Ended early"] = report["ended_early"]
    rows = "".join(
        f"<tr><th>{escape(k)}</th><td>{escape(str(v))}</td></tr>" for k, v in about.items()
    )
    return (
        '<!doctype html>\n<html lang="en"><meta charset="utf-8">'
        f"<title>Conformance: {escape(report['system'])}</title>\n<style>{_STYLE}</style>\n"
        f"<h1>{escape(report['grade'].capitalize())}</h1>\n<table>{rows}</table>\n"
        "<table><thead><tr><th>Group</th><th>Case</th><th>What the sender must do</th>"
        "<th>Result</th><th>What was seen</th></tr></thead>\n<tbody>"
        + "".join(map(_case, report["cases"]))
        + "</tbody></table>\n<h2>Records</h2>\n<table><thead><tr><th>No.</th><th>Unit</th>"
        "<th>Type</th><th>Sequence</th><th>Attempt</th><th>Partition</th><th>Answer</th>"
        "<th>The answer was</th></tr></thead>\n<tbody>"
        + "".join(map(_record, report["records"]))
        + "</tbody></table>\n</html>\n"
    )


def _case(one: dict[str, Any]) -> str:
    kind = one["result"].partition(" ")[0]
    advised = "" if one["required"] else " (advised)"
    return (
        f"<tr><td>{escape(one['group'])}</td><td><code>{escape(one['case'])}</code>{advised}</td>"
        f'<td>{escape(one["en"])}<br><span lang="nb">{escape(one["no"])}</span></td>'
        f'<td class="{kind}">{escape(one["result"])}</td>'
        f"<td>{'<br>'.join(map(escape, one['problems']))}</td></tr>\n"
    )


def _record(one: dict[str, Any]) -> str:
    envelope, answer = one["envelope"] or {}, one["answer"] or {}
    cells = (
        one["number"],
        *(envelope.get(name, "") for name in ("org_nr", "message_type", "sequence", "attempt")),
        one["partition"],
        " ".join(filter(None, (answer.get("status"), answer.get("reason")))),
        one["fate"],
    )
    return f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in cells)}</tr>\n"
