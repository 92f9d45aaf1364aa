"""Writes the tables of causes on the vendors' pages of receipts.

Run: python -m tools.receipts_pages
"""

from __future__ import annotations

from pathlib import Path

from kpr_stream.model.refusals import envelope_notes, refusal_causes
from kpr_stream.model.words import Resend
from tests.support.repository import ROOT
from tools.generated import after_mark, write

ENGLISH = ROOT / "docs" / "vendor" / "receipts.md"
BOKMAAL = ROOT / "docs" / "vendor" / "kvitteringer.md"
MARK = "<!-- tables: python -m tools.receipts_pages -->"
_NO = {
    "unit": "enhet",
    "vendor": "leverandør",
    Resend.CORRECTED: "rettet",
    Resend.UNCHANGED: "uendret",
}


def english() -> str:
    """The tables in English."""
    causes = [
        f"| `{row.reason}` | `{cause}` | {row.en} | {row.action_en} | {row.who} | {row.resend} | "
        f"{'yes' if row.blocks else 'no'} |\n"
        for cause, row in refusal_causes().items()
    ]
    notes = [f"| `{n}` | {row.en} | {row.action_en} |\n" for n, row in envelope_notes().items()]
    return (
        "| `reason` | `cause` | what is wrong | what to do | who | send it | blocks |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n"
        + "".join(causes)
        + "\n## What is noted about an envelope\n\nA note costs nothing. Version 2 of the receipt "
        "holds it in `notes`.\n\n| note | what is wrong | what to do |\n| --- | --- | --- |\n"
        + "".join(notes)
    )


def bokmaal() -> str:
    """The tables in Bokmål."""
    causes = [
        f"| `{row.reason}` | `{cause}` | {row.no} | {row.action_no} | "
        f"{', '.join(_NO[who] for who in row.who.split(', '))} | {_NO[row.resend]} | "
        f"{'ja' if row.blocks else 'nei'} |\n"
        for cause, row in refusal_causes().items()
    ]
    notes = [f"| `{n}` | {row.no} | {row.action_no} |\n" for n, row in envelope_notes().items()]
    return (
        "| `reason` | `cause` | hva som er galt | hva du gjør | hvem | send den | stopper |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n"
        + "".join(causes)
        + "\n## Hva som blir bemerket om en konvolutt\n\nEn merknad koster ingenting. Versjon 2 av "
        "kvitteringen har den i `notes`.\n\n| merknad | hva som er galt | hva du gjør |\n"
        "| --- | --- | --- |\n" + "".join(notes)
    )


def files() -> dict[Path, str]:
    """Both pages by their paths."""
    return {
        ENGLISH: after_mark(ENGLISH, MARK, english()),
        BOKMAAL: after_mark(BOKMAAL, MARK, bokmaal()),
    }


if __name__ == "__main__":
    write(files())
