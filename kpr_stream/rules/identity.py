"""Rules about who an item is about. An id that cannot be used is set aside; the next one serves."""

from __future__ import annotations

from polars import col

from kpr_stream.model.words import MessageType, Severity
from kpr_stream.rules.rule import (
    APPOINTMENT,
    APPOINTMENT_ID_HOLDS_NATIONAL_ID,
    BOTH,
    CONSULTATION,
    LOCAL_ID_HOLDS_NATIONAL_ID,
    Rule,
)

_VENDOR_NO = "Leverandøren retter hvordan id-er hentes ut, og sender hendelsen på nytt."
_VENDOR_EN = "The EPJ vendor corrects how ids are exported and sends the item again."
_UNIT_NO = "Virksomheten kontrollerer nummeret i journalen, retter det og sender på nytt."
_UNIT_EN = "The unit checks the number in the record, corrects it and sends the item again."
_SENDER_NO = "Send syntetiske numre bare til testmiljøet og ekte numre bare til produksjon."
_SENDER_EN = "Send synthetic numbers to the test environment only, real ones to production only."

_NATIONAL = (
    ("fnr", "FNR", "fødselsnummer", "national identity number"),
    ("dnr", "DNR", "D-nummer", "D-number"),
    ("fh_number", "FH_NUMBER", "FH-nummer", "FH-number"),
    ("duf", "DUF", "DUF-nummer", "DUF number"),
)


def identity_rules() -> tuple[Rule, ...]:
    """Set aside first, then warnings."""
    return (
        *(_invalid(*names) for names in _NATIONAL),
        *(_not_allowed_here(*names) for names in _NATIONAL[:2]),
        _holds_national_id(CONSULTATION, "consultation_id", LOCAL_ID_HOLDS_NATIONAL_ID),
        _holds_national_id(APPOINTMENT, "appointment_id", APPOINTMENT_ID_HOLDS_NATIONAL_ID),
        Rule(
            id="ID_LEADING_ZERO_LOST",
            severity=Severity.WARN,
            message_types=BOTH,
            field="fnr",
            text_no="Fødselsnummeret har ti siffer; en null er satt foran.",
            text_en="The national identity number has ten digits; a zero was put before it.",
            action_no="Leverandøren sender nummeret som tekst med elleve siffer.",
            action_en="The EPJ vendor sends the number as text of eleven digits.",
            check=~col("_fnr_zero_lost"),
        ),
        Rule(
            id="SEVERAL_IDS",
            severity=Severity.WARN,
            message_types=BOTH,
            field="fnr",
            text_no="Hendelsen har flere nasjonale id-er; fødselsnummer går foran D-nummer, "
            "FH-nummer og DUF-nummer.",
            text_en="The item has several national ids; the identity number goes before D-number, "
            "FH-number and DUF number.",
            action_no="Leverandøren sender den id-en som gjaldt på datoen.",
            action_en="The EPJ vendor sends the id that was in force on the day.",
            check=col("_national_ids") <= 1,
            watches="_national_ids",
        ),
    )


def _invalid(field: str, name: str, no: str, en: str) -> Rule:
    return Rule(
        id="NATIONAL_ID_INVALID" if field == "fnr" else f"NATIONAL_ID_INVALID_{name}",
        severity=Severity.SET_ASIDE,
        message_types=BOTH,
        field=field,
        text_no=f"Feltet for {no} har ikke et gyldig nummer (siffer, dato eller kontrollsiffer); "
        "det er ikke brukt.",
        text_en=f"The field for the {en} holds no valid number (digits, date or control digits); "
        "it was not used.",
        action_no=_UNIT_NO,
        action_en=_UNIT_EN,
        check=col(f"_{field}_valid"),
    )


def _not_allowed_here(field: str, name: str, no: str, en: str) -> Rule:
    return Rule(
        id=f"{name}_NOT_ALLOWED_HERE",
        severity=Severity.SET_ASIDE,
        message_types=BOTH,
        field=field,
        text_no=f"Feltet for {no} har et syntetisk nummer i produksjon eller et ekte nummer i "
        "test; det er ikke brukt.",
        text_en=f"The field for the {en} holds a synthetic number in production or a real one in "
        "test; it was not used.",
        action_no=_SENDER_NO,
        action_en=_SENDER_EN,
        check=col(f"_{field}_allowed"),
    )


def _holds_national_id(message_types: tuple[MessageType, ...], field: str, rule_id: str) -> Rule:
    return Rule(
        id=rule_id,
        severity=Severity.SET_ASIDE,
        message_types=message_types,
        field=field,
        text_no="Den lokale id-en ser ut til å inneholde et fødselsnummer eller lignende; "
        "kvitteringen gjentar den ikke.",
        text_en="The local id seems to contain a national identity number or the like; "
        "the receipt does not repeat it.",
        action_no="Leverandøren bruker id-er som ikke er laget av personnumre.",
        action_en="The EPJ vendor uses ids that are not made from persons' numbers.",
        check=~col("_local_id_holds_national_id"),
        upserts_only=False,
    )
