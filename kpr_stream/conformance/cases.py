"""The cases of conformance: what each tries, and whether a certificate needs it. Pure.

``cases.toml`` beside this file is the table. The vendors' pages and every report are made from it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

SUITE_VERSION: Final = 1
"""Grows when a case is added or gets stricter: a certificate names it."""


class CaseGroup(StrEnum):
    """What a case is about."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    ORDER = "order"
    REPEAT = "repeat"
    PARTITIONER = "partitioner"
    ISOLATION = "isolation"
    SECURITY = "security"


class CaseOutcome(StrEnum):
    """What a case gave."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not run"


class Grade(StrEnum):
    """What all cases together gave."""

    CONFORMANT = "conformant"
    """Every required case passed, every advised one too."""
    WITH_REMARKS = "conformant, with remarks"
    """Every required case passed; an advised one did not."""
    INCOMPLETE = "incomplete"
    """No required case failed; one was not run."""
    NOT_CONFORMANT = "not conformant"
    """A required case failed."""


CERTIFIED: Final = (Grade.CONFORMANT, Grade.WITH_REMARKS)
"""Grades that give a certificate: 100 % of the required cases, and no case left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case. ``en`` and ``no`` say what the sender must do."""

    name: str
    group: CaseGroup
    required: bool = True
    needs_command: bool = False
    """Whether the sender is killed or loses its outbox: only a process of ours can be."""
    en: str
    no: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """What one case gave. ``problems`` name records by number, and no content."""

    case: Case
    result: CaseOutcome
    problems: tuple[str, ...] = ()


@cache
def all_cases() -> Mapping[str, Case]:
    """Return every case by its name, in the order of the report."""
    table = tomllib.loads(files(__package__).joinpath("cases.toml").read_text("utf-8"))
    return MappingProxyType(
        {
            name: Case(name=name, **row | {"group": CaseGroup(row["group"])})
            for name, row in table.items()
        }
    )


def grade(results: list[CaseResult]) -> Grade:
    """Return the grade of a run with these results. A case without a result was not run."""
    by_name = {one.case.name: one.result for one in results}
    required = [
        by_name.get(name, CaseOutcome.NOT_RUN) for name, c in all_cases().items() if c.required
    ]
    if CaseOutcome.FAILED in required:
        return Grade.NOT_CONFORMANT
    if CaseOutcome.NOT_RUN in required:
        return Grade.INCOMPLETE
    if any(one.result is not CaseOutcome.PASSED for one in results):
        return Grade.WITH_REMARKS
    return Grade.CONFORMANT
