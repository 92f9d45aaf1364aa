"""Name every question that is measured: those of the report, and the examples of docs/analyse."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from bench.queries.fill import LAST
from tests.support.sql_examples import ANALYSE, sql_examples

OTHER_ROLE: Final = {"tables": "privacy"}
"""Pages whose questions about the past need another role than ``analyst``."""
PRIVACY_PAGES: Final = {"disclosures"}
"""Pages whose examples are for those who answer for privacy."""
REPORT: Final = "report"
EXAMPLE: Final = "docs/analyse"
FOUR: Final = ("activity", "follow-up", "breastfeeding", "measuring")
"""Pages of the four questions of the register."""
GOAL_MS: Final = 300
"""What a question behind the report may take: a reader waits for nothing longer."""


def is_behind_report(name: str) -> bool:
    """Return whether the goal holds for a question: those of the report and of the four pages."""
    page = name.removeprefix(f"{EXAMPLE}/").partition(".md ")[0]
    return name.startswith(f"{REPORT}/") or page in FOUR


@dataclass(frozen=True, slots=True)
class Question:
    """A statement, and the role that asks."""

    name: str
    sql: str
    role: str = "analyst"


def questions() -> list[Question]:
    """Return all questions, the report's first."""
    folder = files("kpr_stream.analytics.report") / "queries"
    found = [
        Question(f"{REPORT}/{path.name}", path.read_text("utf-8"))
        for path in sorted(folder.iterdir(), key=lambda path: path.name)
    ]
    for page in sorted(path.stem for path in ANALYSE.glob("*.md")):
        for number, sql in enumerate(sql_examples(page), 1):
            of_history = "_as_of(" in sql
            role = OTHER_ROLE.get(page, "analyst") if of_history else "analyst"
            role = "privacy" if page in PRIVACY_PAGES else role
            found.append(Question(f"{EXAMPLE}/{page}.md {number}", sql, role))
    return [_at_day(one) for one in found]


def _at_day(one: Question) -> Question:
    """Return the question as of the last day of the made-up nation."""
    sql = one.sql.replace("$1::date", f"date '{LAST}'").replace("now()", f"timestamptz '{LAST}'")
    return Question(one.name, sql.strip().rstrip(";"), one.role)
