"""Writes the tables of the vendors' pages of an own sender, and the same tables as JSON.

Run: python -m tools.own_sender_pages
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kpr_stream.model.answers import outcome_advice, status_advice
from kpr_stream.model.limits import CLOCK_TOLERANCE_MS, RECEIVER
from kpr_stream.model.partition import partition_of
from kpr_stream.model.refusals import envelope_notes, refusal_causes
from kpr_stream.model.release import ReleaseLimits
from kpr_stream.model.sender_states import (
    RESEND_AFTER_S,
    RESEND_AT_MOST_S,
    UNIT_WINDOW,
    EventRow,
    SenderEvent,
    SenderRow,
    SenderState,
    event_rows,
    sender_rows,
)
from kpr_stream.model.topics import PARTITIONS, TOPICS, delivery_topic, receipt_topic
from kpr_stream.model.unit import RECENT_DELIVERIES
from kpr_stream.model.words import SYSTEMS
from kpr_stream.schemas.catalogue import all_schemas
from tests.support.repository import ROOT, SCHEMAS
from tools.generated import between, write
from tools.receipts_pages import BOKMAAL as RECEIPT_WORDS

PROTOCOL: Final = SCHEMAS / "sender_protocol.json"
MARK: Final = "<!-- {}: python -m tools.own_sender_pages -->"
END: Final = "<!-- end of {} -->"
UNITS: Final = (
    *("974760673", "983658776", "310000000", "310000019", "310000027", "310000035"),
    *("310000043", "310000051", "310000078", "310000086", "310000108", "310000299"),
)
"""Org numbers of the table of partitions: real ones of public bodies, then synthetic ones."""
RECORDS: Final = ("delivery", "consultation_item", "appointment_item", "receipt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page in its language; ``words`` replace the English ones of cells."""

    path: Path
    language: str
    heads: Mapping[str, str]
    words: Mapping[str, str]

    def word(self, english: str) -> str:
        """The word of a cell in the language of the page."""
        return self.words.get(english, english)


EVENTS_EN: Final[Mapping[str, str]] = {
    SenderEvent.DELIVERY_READY: "a new delivery lies in the outbox",
    SenderEvent.NO_RECEIPT: "no receipt in time",
    SenderEvent.RESTARTED: "the sender starts again",
    SenderEvent.OUTBOX_LOST: "the outbox is lost, or restored from an older copy",
}
EVENTS_NO: Final[Mapping[str, str]] = {
    SenderEvent.DELIVERY_READY: "en ny leveranse ligger i utboksen",
    SenderEvent.NO_RECEIPT: "ingen kvittering i tide",
    SenderEvent.RESTARTED: "avsenderen starter på nytt",
    SenderEvent.OUTBOX_LOST: "utboksen er tapt, eller hentet fra en eldre kopi",
}
ENGLISH: Final = Page(
    path=ROOT / "docs" / "vendor" / "own-sender.md",
    language="en",
    heads={
        "partitions": "| org number | partition |",
        "states": "| state | what happens | new state | what to send |",
        "statuses": "| status | final | what to do |",
        "outcomes": "| outcome | what to do |",
        "refusals": "| `cause` | `reason` | send it | blocks |",
        "schemas": "| record | schema id | version | file |",
        "numbers": "| number | value |",
    },
    words=dict(EVENTS_EN),
)
BOKMAAL: Final = Page(
    path=ROOT / "docs" / "vendor" / "egen-avsender.md",
    language="no",
    heads={
        "partitions": "| organisasjonsnummer | partisjon |",
        "states": "| tilstand | hva som skjer | ny tilstand | hva du sender |",
        "statuses": "| status | endelig | hva du gjør |",
        "outcomes": "| utfall | hva du gjør |",
        "refusals": "| `cause` | `reason` | send den | stopper |",
        "schemas": "| post | skjema-id | versjon | fil |",
        "numbers": "| tall | verdi |",
    },
    words={
        **RECEIPT_WORDS.words,
        **EVENTS_NO,
        "items of a delivery, at most": "hendelser i en leveranse, høyst",
        "bytes of a record, at most": "byte i en post, høyst",
        "bytes of an item, at most": "byte i en hendelse, høyst",
        "unanswered deliveries of a unit": "ubesvarte leveranser fra en enhet",
        "seconds without a receipt before sending again": "sekunder uten kvittering før ny sending",
        "longest wait in seconds; each wait is twice the one before": (
            "lengste ventetid i sekunder; hver ventetid er dobbelt så lang som den forrige"
        ),
        "deliveries of a unit that a repeat is known of": "leveranser fra en enhet som mottaket "
        "kjenner igjen",
        "minutes that a clock may be ahead": "minutter en klokke kan gå foran",
        "rejected items in a row that stop a release": "avviste hendelser på rad som stopper en "
        "versjon",
        "share of rejected items that stops a release": "andel avviste hendelser som stopper en "
        "versjon",
        "items of a release from which the share counts": "hendelser fra en versjon før andelen "
        "teller",
        "days that a delivery is kept": "dager en leveranse blir oppbevart",
        "days that a receipt is kept": "dager en kvittering blir oppbevart",
    },
)


def numbers() -> dict[str, float]:
    """Every number that a sender is built with."""
    limits = ReleaseLimits()
    return {
        "items of a delivery, at most": RECEIVER.items,
        "bytes of a record, at most": RECEIVER.record_bytes,
        "bytes of an item, at most": RECEIVER.item_bytes,
        "unanswered deliveries of a unit": UNIT_WINDOW,
        "seconds without a receipt before sending again": RESEND_AFTER_S,
        "longest wait in seconds; each wait is twice the one before": RESEND_AT_MOST_S,
        "deliveries of a unit that a repeat is known of": RECENT_DELIVERIES,
        "minutes that a clock may be ahead": CLOCK_TOLERANCE_MS // 60_000,
        "rejected items in a row that stop a release": limits.consecutive,
        "share of rejected items that stops a release": limits.share,
        "items of a release from which the share counts": limits.share_from,
        "days that a delivery is kept": _kept_days(delivery_topic(SYSTEMS[0])),
        "days that a receipt is kept": _kept_days(receipt_topic(SYSTEMS[0])),
    }


def _kept_days(topic: str) -> int:
    (found,) = (one for one in TOPICS if one.name == topic)
    return int(found.settings["retention.ms"]) // 86_400_000


def _partitions(_: Page) -> list[tuple[str, ...]]:
    return [(f"`{unit}`", str(partition_of(unit))) for unit in UNITS]


def _states(page: Page) -> list[tuple[str, ...]]:
    rows: list[SenderRow | EventRow] = [*sender_rows(), *event_rows()]
    return [_state_row(page, row) for row in rows]


def _state_row(page: Page, row: SenderRow | EventRow) -> tuple[str, ...]:
    english = page.language == "en"
    if isinstance(row, EventRow):
        happens = page.word(row.event)
    else:
        event = row.event_en if english else row.event_no
        happens = ", ".join(f"`{status}`" for status in row.receipts) or event
    states = ", ".join(page.word(state) for state in row.states)
    return states, happens, page.word(row.after or "the same"), row.en if english else row.no


def _statuses(page: Page) -> list[tuple[str, ...]]:
    return [
        (f"`{status}`", page.word("yes" if advice.final else "no"), getattr(advice, page.language))
        for status, advice in status_advice().items()
    ]


def _outcomes(page: Page) -> list[tuple[str, ...]]:
    return [
        (f"`{outcome}`", getattr(advice, page.language))
        for outcome, advice in outcome_advice().items()
    ]


def _refusals(page: Page) -> list[tuple[str, ...]]:
    return [
        (f"`{cause}`", f"`{row.reason}`", page.word(row.resend), _yes(page, yes=row.blocks))
        for cause, row in refusal_causes().items()
    ]


def _yes(page: Page, *, yes: bool) -> str:
    return page.word("yes" if yes else "no")


def _schemas(_: Page) -> list[tuple[str, ...]]:
    return [
        (one.name, str(one.id), str(one.version), f"`avro_schemas/{one.name}.v{one.version}.avsc`")
        for one in all_schemas()
        if one.name in RECORDS
    ]


def _numbers(page: Page) -> list[tuple[str, ...]]:
    thousand = "," if page.language == "en" else " "
    return [
        (page.word(what), f"{value:,}".replace(",", thousand)) for what, value in numbers().items()
    ]


TABLES: Final[Mapping[str, Callable[[Page], list[tuple[str, ...]]]]] = {
    "partitions": _partitions,
    "states": _states,
    "statuses": _statuses,
    "outcomes": _outcomes,
    "refusals": _refusals,
    "schemas": _schemas,
    "numbers": _numbers,
}


def page_text(page: Page) -> str:
    """The page with its tables made again."""
    text = page.path.read_text("utf-8")
    for name, rows_of in TABLES.items():
        head = page.heads[name]
        lines = [head, "| --- " * (head.count("|") - 1) + "|"]
        lines += [f"| {' | '.join(row)} |" for row in rows_of(page)]
        table = "\n".join(lines) + "\n"
        text = between(text, MARK.format(name), END.format(name), table)
    return text


def protocol() -> dict[str, Any]:
    """All tables as one JSON value, for programs."""
    return {
        "note": "Made by python -m tools.own_sender_pages. docs/vendor/own-sender.md explains it.",
        "partitions": PARTITIONS,
        "partition_examples": {unit: partition_of(unit) for unit in UNITS},
        "topics": {
            system: {"deliveries": delivery_topic(system), "receipts": receipt_topic(system)}
            for system in SYSTEMS
        },
        "schemas": [
            {"record": one.name, "id": one.id, "version": one.version}
            for one in all_schemas()
            if one.name in RECORDS
        ],
        "numbers": numbers(),
        "states": [state.value for state in SenderState],
        "on_receipt": [_on(row, status) for row in sender_rows() for status in row.receipts],
        "on_event": [_on(row, row.event) for row in event_rows()]
        + [_on(row, "cause_gone") for row in sender_rows() if not row.receipts],
        "statuses": {
            status.value: {"final": advice.final, "en": advice.en, "no": advice.no}
            for status, advice in status_advice().items()
        },
        "outcomes": {
            outcome.value: {"en": advice.en, "no": advice.no}
            for outcome, advice in outcome_advice().items()
        },
        "causes": {
            cause.value: {
                "reason": row.reason.value,
                "resend": row.resend.value,
                "blocks": row.blocks,
                **row.texts,
            }
            for cause, row in refusal_causes().items()
        },
        "notes": {note.value: texts.texts for note, texts in envelope_notes().items()},
    }


def _on(row: SenderRow | EventRow, happens: str) -> dict[str, Any]:
    return {
        "states": [state.value for state in row.states],
        "on": str(happens),
        "after": row.after,
        "step": row.step.value,
        "en": row.en,
        "no": row.no,
    }


def files() -> dict[Path, str]:
    """Both pages and the JSON, by path."""
    made = {page.path: page_text(page) for page in (ENGLISH, BOKMAAL)}
    return made | {PROTOCOL: json.dumps(protocol(), ensure_ascii=False, indent=1) + "\n"}


if __name__ == "__main__":
    write(files())
