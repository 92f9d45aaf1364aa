"""The vendors' pages of conformance name what the code has, and the sample report is of this code.

That the tables are up to date is tested with all generated pages.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest

from kpr_stream.conformance.cases import SUITE_VERSION, Grade, all_cases
from kpr_stream.conformance.orders import DELIVER, RENUMBER, RESUME
from kpr_stream.conformance.report import page_of
from tests.support.repository import ROOT
from tests.unit.conformance.variables import sender_variables

VENDOR: Final = ROOT / "docs" / "vendor"
PAGES: Final = ("conformance.md", "samsvar.md")
SAMPLE: Final = VENDOR / "conformance-report"
ROW: Final = re.compile(r"^\| [a-zø]+ \| `(\w+)` \| (.+) \| (\w+) \|$", re.MULTILINE)
MOST_LINES: Final = 600
"""Of a sender among the examples: what is longer is no example to copy."""


def text(page: str) -> str:
    return (VENDOR / page).read_text("utf-8")


def sample() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SAMPLE / "report.json").read_text("utf-8"))
    return found


@pytest.mark.parametrize("page", PAGES)
def test_the_cases_of_the_page_are_those_of_the_code(page: str) -> None:
    no = page == "samsvar.md"
    needs = {True: "påkrevd", False: "anbefalt"} if no else {True: "required", False: "advised"}
    cases = [
        (name, case.no if no else case.en, needs[case.required])
        for name, case in all_cases().items()
    ]
    assert ROW.findall(text(page)) == cases


@pytest.mark.parametrize("page", PAGES)
def test_every_variable_order_and_grade_is_on_the_page(page: str, tmp_path: Path) -> None:
    names = (*sender_variables(tmp_path), DELIVER, RESUME, RENUMBER, *Grade)
    assert [name for name in names if f"`{name}`" not in text(page)] == []


def test_the_sample_report_is_of_these_cases_and_of_a_conformant_sender() -> None:
    found = sample()
    assert found["suite_version"] == SUITE_VERSION
    assert found["grade"] == Grade.CONFORMANT
    assert [one["case"] for one in found["cases"]] == list(all_cases())
    assert {one["result"] for one in found["cases"]} == {"passed"}


def test_the_page_of_the_sample_report_is_that_of_its_json() -> None:
    assert (SAMPLE / "report.html").read_text("utf-8") == page_of(sample())


@pytest.mark.parametrize("language", ["java", "csharp"])
def test_a_sender_among_the_examples_is_short(language: str) -> None:
    files = [file for file in (ROOT / "examples" / language / "src").rglob("*") if file.is_file()]
    assert 0 < sum(len(file.read_text("utf-8").splitlines()) for file in files) <= MOST_LINES
