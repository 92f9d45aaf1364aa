"""The rule catalogue: what an item is judged by, top to bottom.

Only an item without identity or time is rejected. An impossible value is set aside and told: the
consultation counts without it. All else is a word of warning. A rule's id never changes meaning.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from polars import col

from kpr_stream.model.codes import ATTENDED
from kpr_stream.model.words import MessageType, Operation, Severity
from kpr_stream.reference import Reference, load_reference
from kpr_stream.rules.coded import coded_rules
from kpr_stream.rules.identity import identity_rules
from kpr_stream.rules.rule import APPOINTMENT, BOTH, CONSULTATION, Rule, RuleTexts

RULE_SET_VERSION = "1"
"""Counted up when a rule is added, withdrawn or judges otherwise."""

FIRST_START = 17_136 * 86_400_000_000
"""2016-12-01 in microseconds: a month before the register's first year."""
AHEAD_MS = 10 * 60 * 1000
"""How far a start may lie ahead of the broker's clock: clocks differ."""
FIRST_DAY, LAST_DAY = -25_567, 47_481
"""1900-01-01 and 2099-12-31 in days: what lies outside is no date, and some calendars of our
readers could not hold it."""
_MICROSECONDS_A_DAY = 86_400_000_000

_VENDOR_NO = "Leverandøren av EPJ-systemet retter uttrekket og sender hendelsen på nytt."
_VENDOR_EN = "The EPJ vendor corrects the export and sends the item again."
_UNIT_NO = "Virksomheten kontrollerer verdien i journalen, retter den og sender på nytt."
_UNIT_EN = "The unit checks the value in the record, corrects it and sends the item again."


def _item_id(message_type: tuple[MessageType, ...], field: str, no: str, en: str) -> Rule:
    return Rule(
        id=f"{field.upper()}_MISSING",
        severity=Severity.REJECT,
        message_types=message_type,
        field=field,
        text_no=f"{no} mangler lokal id.",
        text_en=f"The {en} has no local id.",
        action_no=_VENDOR_NO,
        action_en=_VENDOR_EN,
        check=col("_local_id").is_not_null(),
        watches="operation",
        upserts_only=False,
    )


def _measure(rule_id: str, field: str, no: str, en: str, low: int, high: int, unit: str) -> Rule:
    return Rule(
        id=rule_id,
        severity=Severity.SET_ASIDE,
        message_types=CONSULTATION,
        field=field,
        text_no=f"{no} er utenfor {low}–{high} {unit} og er ikke lagret.",
        text_en=f"{en} is outside {low}–{high} {unit} and is not stored.",
        action_no=_UNIT_NO,
        action_en=_UNIT_EN,
        check=col(field).is_between(low, high),
    )


def _date(
    rule_id: str, message_types: tuple[MessageType, ...], field: str, no: str, en: str
) -> Rule:
    return Rule(
        id=rule_id,
        severity=Severity.SET_ASIDE,
        message_types=message_types,
        field=field,
        text_no=f"{no} er ikke en dato mellom 1900 og 2099 og er ikke lagret.",
        text_en=f"{en} is no date between 1900 and 2099 and is not stored.",
        action_no=_UNIT_NO,
        action_en=_UNIT_EN,
        check=col(field).is_between(FIRST_DAY, LAST_DAY),
        upserts_only=False,
    )


def _rejecting() -> tuple[Rule, ...]:
    return (
        _item_id(CONSULTATION, "consultation_id", "Konsultasjonen", "consultation"),
        _item_id(APPOINTMENT, "appointment_id", "Avtalen", "appointment"),
        Rule(
            id="OPERATION_UNKNOWN",
            severity=Severity.REJECT,
            message_types=BOTH,
            field="operation",
            text_no="Operasjonen er ikke upsert, delete eller keep.",
            text_en="The operation is not upsert, delete or keep.",
            action_no=_VENDOR_NO,
            action_en=_VENDOR_EN,
            check=col("operation").is_in(list(Operation)),
            upserts_only=False,
        ),
        Rule(
            id="START_MISSING",
            severity=Severity.REJECT,
            message_types=BOTH,
            field="start",
            text_no="Starttidspunktet mangler, eller er ikke mellom 1900 og 2099.",
            text_en="The start is missing, or is not between 1900 and 2099.",
            action_no=_VENDOR_NO,
            action_en=_VENDOR_EN,
            check=col("start").is_not_null()
            & (col("start") // _MICROSECONDS_A_DAY).is_between(FIRST_DAY + 1, LAST_DAY - 1),
            watches="operation",
        ),
    )


def _setting_aside() -> tuple[Rule, ...]:
    return (
        _measure("WEIGHT_IMPOSSIBLE", "weight_g", "Vekten", "The weight", 200, 250_000, "g"),
        _measure("LENGTH_IMPOSSIBLE", "length_mm", "Lengden", "The length", 200, 2_500, "mm"),
        _measure(
            "HEAD_CIRCUMFERENCE_IMPOSSIBLE",
            "head_circumference_mm",
            "Hodeomkretsen",
            "The head circumference",
            150,
            700,
            "mm",
        ),
        _date("BIRTH_DATE_IMPOSSIBLE", BOTH, "birth_date", "Fødselsdatoen", "The birth date"),
        _date(
            "MATERNITY_DISCHARGE_DATE_IMPOSSIBLE",
            CONSULTATION,
            "maternity_discharge_date",
            "Datoen for hjemreise fra barsel",
            "The day of coming home from the maternity ward",
        ),
        Rule(
            id="FIELD_UNREADABLE",
            severity=Severity.SET_ASIDE,
            message_types=BOTH,
            field="unreadable",
            text_no="Ett eller flere felt i uttrekket kunne ikke leses og er ikke lagret.",
            text_en="One or more fields of the export could not be read and are not stored.",
            action_no=_VENDOR_NO,
            action_en=_VENDOR_EN,
            check=col("unreadable").list.len() == 0,
        ),
    )


def _warning() -> tuple[Rule, ...]:
    return (
        Rule(
            id="DELETE_NOT_CONFIRMED",
            severity=Severity.WARN,
            message_types=BOTH,
            field="operation",
            text_no="Hendelsen står på slettelisten, men er merket som ikke slettet. "
            "Ingenting er gjort.",
            text_en="The item is on the deletion list but marked as not deleted. Nothing was done.",
            action_no="Send hendelsen med sletting bekreftet hvis den skal slettes.",
            action_en="Send the item with the deletion confirmed if it is to be deleted.",
            check=col("operation") != Operation.KEEP,
            upserts_only=False,
        ),
        Rule(
            id="START_IMPLAUSIBLE",
            severity=Severity.WARN,
            message_types=BOTH,
            field="start",
            text_no="Starttidspunktet er før desember 2016, eller det er oppmøte frem i tid.",
            text_en="The start is before December 2016, or attended and in the future.",
            action_no=_UNIT_NO,
            action_en=_UNIT_EN,
            check=(col("start") >= FIRST_START)
            & (
                (col("attendance") != ATTENDED).fill_null(value=True)
                | (col("start") <= (col("_received_at") + AHEAD_MS) * 1000)
            ),
        ),
        Rule(
            id="BIRTH_DATE_AFTER_START",
            severity=Severity.WARN,
            message_types=BOTH,
            field="birth_date",
            text_no="Fødselsdatoen er etter konsultasjonen; alder er ikke beregnet.",
            text_en="The birth date is after the consultation; no age was calculated.",
            action_no=_UNIT_NO,
            action_en=_UNIT_EN,
            check=col("birth_date") <= col("_date"),
        ),
        Rule(
            id="MUNICIPALITY_NOT_VALID_THEN",
            severity=Severity.WARN,
            message_types=CONSULTATION,
            field="municipality_code",
            text_no="Kommunenummeret var ikke gyldig på konsultasjonsdatoen.",
            text_en="The municipality code was not valid on the day of the consultation.",
            action_no="Leverandøren sender kommunenummeret slik det var på datoen.",
            action_en="The EPJ vendor sends the municipality code as it was on the day.",
            check=col("_municipality_valid"),
            watches="_municipality_valid",
        ),
    )


@cache
def catalogue(reference: Reference) -> tuple[Rule, ...]:
    """Every rule, in the order in which findings are told."""
    return (
        *_rejecting(),
        *_setting_aside(),
        *identity_rules(),
        *_warning(),
        *coded_rules(reference),
    )


@cache
def rules_for(message_type: MessageType, reference: Reference) -> tuple[Rule, ...]:
    """The rules that judge items of a message type, in the order of the catalogue."""
    return tuple(r for r in catalogue(reference) if message_type in r.message_types)


def rule_texts(ids: Iterable[str]) -> list[RuleTexts]:
    """What receipts say about rules, in the order asked; KeyError for an id that is no rule."""
    known = {rule.id: rule for rule in catalogue(load_reference())}
    return [
        RuleTexts(
            rule=rule.id,
            severity=rule.severity,
            pointer=rule.pointer,
            text_no=rule.text_no,
            text_en=rule.text_en,
            action_no=rule.action_no,
            action_en=rule.action_en,
        )
        for rule in (known[rule_id] for rule_id in ids)
    ]
