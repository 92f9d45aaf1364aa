"""Writes the tables of causes on the vendors' pages of receipts.

Run: python -m tools.receipts_pages
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kpr_stream.model.refusals import envelope_notes, refusal_causes
from kpr_stream.model.sender_states import SenderState, sender_rows
from kpr_stream.model.words import Resend
from tests.support.repository import ROOT
from tools.generated import after_mark, between, write

MARK = "<!-- tables: python -m tools.receipts_pages -->"
STATES_MARK = "<!-- what to send next: python -m tools.receipts_pages -->"
STATES_END = "<!-- end of what to send next -->"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page and its language: ``ending`` names the texts, ``words`` replace those of the table."""

    path: Path
    ending: str
    causes: str
    notes: str
    states: str
    words: Mapping[str, str]


ENGLISH: Final = Page(
    path=ROOT / "docs" / "vendor" / "receipts.md",
    ending="en",
    causes="| `reason` | `cause` | what is wrong | what to do | who | send it | blocks |\n",
    notes="## What is noted about an envelope\n\nA note costs nothing. Version 2 of the receipt "
    "holds it in `notes`.\n\n| note | what is wrong | what to do |\n",
    states="| state | receipt | new state | what to send |\n",
    words={},
)
BOKMAAL: Final = Page(
    path=ROOT / "docs" / "vendor" / "kvitteringer.md",
    ending="no",
    causes="| `reason` | `cause` | hva som er galt | hva du gjør | hvem | send den | stopper |\n",
    notes="## Hva som blir bemerket om en konvolutt\n\nEn merknad koster ingenting. Versjon 2 av "
    "kvitteringen har den i `notes`.\n\n| merknad | hva som er galt | hva du gjør |\n",
    states="| tilstand | kvittering | ny tilstand | hva du sender |\n",
    words={
        SenderState.NEW: "ny",
        SenderState.OPEN: "åpen",
        SenderState.HELD: "holdt",
        SenderState.STOPPED: "stoppet",
        "the same": "uendret",
        "unit": "enhet",
        "vendor": "leverandør",
        Resend.CORRECTED: "rettet",
        Resend.UNCHANGED: "uendret",
        "yes": "ja",
        "no": "nei",
    },
)


def tables(page: Page) -> str:
    """The tables of a page: causes of refusals, then notes."""

    def word(english: str) -> str:
        return page.words.get(english, english)

    text = page.causes + "| --- | --- | --- | --- | --- | --- | --- |\n"
    for cause, row in refusal_causes().items():
        wrong, action = row.texts[f"text_{page.ending}"], row.texts[f"action_{page.ending}"]
        who = ", ".join(map(word, row.who.split(", ")))
        blocks = word("yes" if row.blocks else "no")
        text += (
            f"| `{row.reason}` | `{cause}` | {wrong} | {action} | {who} | {word(row.resend)} | "
            f"{blocks} |\n"
        )
    text += f"\n{page.notes}| --- | --- | --- |\n"
    for note, noted in envelope_notes().items():
        wrong, action = noted.texts[f"text_{page.ending}"], noted.texts[f"action_{page.ending}"]
        text += f"| `{note}` | {wrong} | {action} |\n"
    return text


def states_table(page: Page) -> str:
    """The table of what a sender sends next."""
    text = page.states + "| --- | --- | --- | --- |\n"
    for row in sender_rows():
        states = ", ".join(page.words.get(state, state) for state in row.states)
        event, sends = (row.event_en, row.en) if page.ending == "en" else (row.event_no, row.no)
        told = ", ".join(f"`{status}`" for status in row.receipts) or event
        after = row.after or "the same"
        text += f"| {states} | {told} | {page.words.get(after, after)} | {sends} |\n"
    return text


def files() -> dict[Path, str]:
    """Both pages by their paths."""
    return {
        page.path: between(
            after_mark(page.path, MARK, tables(page)), STATES_MARK, STATES_END, states_table(page)
        )
        for page in (ENGLISH, BOKMAAL)
    }


if __name__ == "__main__":
    write(files())
