"""Writes the tables of the pages of conformance. Run: python -m tools.conformance_pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kpr_stream.conformance.cases import CERTIFIED, CaseGroup, Grade, all_cases
from kpr_stream.conformance.certificate import VALID_DAYS
from kpr_stream.conformance.steps import AWAY_S, KILLS, ORDERS_AMONG_KILLS
from kpr_stream.conformance.waits import PATIENCE_S, RESEND_AFTER_S
from kpr_stream.model.sender_states import UNIT_WINDOW
from tests.support.repository import ROOT
from tools.generated import between, table, write

MARK: Final = "<!-- {}: python -m tools.conformance_pages -->"
END: Final = "<!-- end of {} -->"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of a page that no table of the code has."""

    path: Path
    language: str
    case_heads: tuple[str, ...]
    threshold_heads: tuple[str, ...]
    grade_heads: tuple[str, ...]
    required: str
    advised: str
    yes: str
    no: str
    groups: Mapping[CaseGroup, str]
    thresholds: tuple[str, ...]
    """In the order of ``THRESHOLDS``."""
    grades: Mapping[Grade, str]


THRESHOLDS: Final = (
    "100 %",
    f"{RESEND_AFTER_S:g} s",
    f"{PATIENCE_S:g} s",
    str(UNIT_WINDOW),
    f"{AWAY_S:g} s",
    f"{KILLS} / {ORDERS_AMONG_KILLS}",
    str(VALID_DAYS),
)
ENGLISH: Final = Words(
    path=ROOT / "docs" / "vendor" / "conformance.md",
    language="en",
    case_heads=("group", "case", "what the sender must do", "need"),
    threshold_heads=("threshold", "value"),
    grade_heads=("grade", "meaning", "certificate"),
    required="required",
    advised="advised",
    yes="yes",
    no="no",
    groups={group: group.value for group in CaseGroup},
    thresholds=(
        "share of the required cases that must pass",
        "what `SENDER_RESEND_AFTER_S` is (`--resend-after`)",
        "longest wait for something that must come (`--patience`)",
        "most unanswered deliveries of a unit",
        "how long the broker is away",
        "kills / orders among which they come",
        "days that a certificate is valid",
    ),
    grades={
        Grade.CONFORMANT: "Every case passed.",
        Grade.WITH_REMARKS: "Every required case passed; an advised one did not.",
        Grade.INCOMPLETE: "No required case failed, and one was not run. Exit code 75.",
        Grade.NOT_CONFORMANT: "A required case failed. Exit code 1.",
    },
)
BOKMAAL: Final = Words(
    path=ROOT / "docs" / "vendor" / "samsvar.md",
    language="no",
    case_heads=("gruppe", "prøve", "hva avsenderen må gjøre", "krav"),
    threshold_heads=("grense", "verdi"),
    grade_heads=("karakter", "betydning", "sertifikat"),
    required="påkrevd",
    advised="anbefalt",
    yes="ja",
    no="nei",
    groups={
        CaseGroup.POSITIVE: "positiv",
        CaseGroup.NEGATIVE: "negativ",
        CaseGroup.ORDER: "rekkefølge",
        CaseGroup.REPEAT: "gjentakelse",
        CaseGroup.PARTITIONER: "partisjonering",
        CaseGroup.ISOLATION: "isolasjon",
        CaseGroup.SECURITY: "sikkerhet",
    },
    thresholds=(
        "andel av de påkrevde prøvene som må bestås",
        "hva `SENDER_RESEND_AFTER_S` er (`--resend-after`)",
        "lengste ventetid på noe som må komme (`--patience`)",
        "flest ubesvarte leveranser fra en virksomhet",
        "hvor lenge megleren er borte",
        "drap / ordrer som de kommer blant",
        "dager et sertifikat er gyldig",
    ),
    grades={
        Grade.CONFORMANT: "Alle prøver er bestått.",
        Grade.WITH_REMARKS: "Alle påkrevde prøver er bestått; en anbefalt er det ikke.",
        Grade.INCOMPLETE: "Ingen påkrevd prøve er strøket, og en er ikke kjørt. "
        "Avslutningskode 75.",
        Grade.NOT_CONFORMANT: "En påkrevd prøve er strøket. Avslutningskode 1.",
    },
)


def files() -> dict[Path, str]:
    """Both pages by their paths."""
    return {words.path: _page(words) for words in (ENGLISH, BOKMAAL)}


def _page(words: Words) -> str:
    cases = (
        (
            words.groups[case.group],
            f"`{name}`",
            case.en if words.language == "en" else case.no,
            words.required if case.required else words.advised,
        )
        for name, case in all_cases().items()
    )
    grades = (
        (f"`{grade}`", meaning, words.yes if grade in CERTIFIED else words.no)
        for grade, meaning in words.grades.items()
    )
    tables = {
        "cases": (words.case_heads, cases),
        "thresholds": (
            words.threshold_heads,
            zip(words.thresholds, THRESHOLDS, strict=True),
        ),
        "grades": (words.grade_heads, grades),
    }
    text = words.path.read_text("utf-8")
    for name, (heads, rows) in tables.items():
        text = between(text, MARK.format(name), END.format(name), table(heads, rows) + "\n")
    return text


if __name__ == "__main__":
    write(files())
