"""Rules about who an item is about. An id that cannot be used is set aside; the next one serves."""

from __future__ import annotations

from polars import col

from kpr_stream.model.identifiers import lost_zero, trimmed
from kpr_stream.model.words import Severity
from kpr_stream.rules.actions import (
    CHECK_NUMBER,
    CHECK_OR_NO_PLACEHOLDER,
    CHECK_RECORD,
    NUMBER_AS_TEXT,
    ONE_ID,
    RIGHT_ENVIRONMENT,
)
from kpr_stream.rules.rule import BOTH, CHILDREN, CHILDREN_AND_PUPILS, Action, Rule, Who
from kpr_stream.rules.times import FIRST_DAY, LAST_DAY

_NATIONAL = (
    ("fnr", "FNR", "fødselsnummer", "national identity number"),
    ("dnr", "DNR", "D-nummer", "D-number"),
    ("fh_number", "FH_NUMBER", "FH-nummer", "FH-number"),
    ("duf", "DUF", "DUF-nummer", "DUF number"),
)
_FORMS = {
    "fnr": (
        "elleve siffer: DDMMÅÅ, tre til og to kontrollsiffer; syntetiske har måned + 80 eller 65",
        "eleven digits: DDMMYY, three and two control digits; synthetic ones have month + 80 or 65",
    ),
    "dnr": (
        "elleve siffer som et fødselsnummer, med dag + 40",
        "eleven digits as a national identity number has, with day + 40",
    ),
    "fh_number": (
        "elleve siffer fra 8 eller 9, de to siste kontrollsiffer",
        "eleven digits from 8 or 9, the last two control digits",
    ),
    "duf": (
        "tolv siffer, de fire første et årstall fra 1900 til 2099",
        "twelve digits, the first four a year from 1900 to 2099",
    ),
}
"""What a number of each field looks like, in both languages."""
_COMPARE_NUMBER = Action(
    (Who.HEALTH_STATION,),
    "Virksomheten kontrollerer i journalen om det er rett person og rett verdi, retter og sender "
    "på nytt. Er begge riktige, trengs ingenting.",
    "The health station checks in the record that it is the right person and the right value, "
    "corrects it and sends the item again. If both are right nothing is needed.",
)


def person_rules() -> tuple[Rule, ...]:
    """In the order in which findings are told."""
    return (
        *(_invalid(*names) for names in _NATIONAL),
        Rule(
            id="H_NUMBER_INVALID",
            severity=Severity.SET_ASIDE,
            message_types=BOTH,
            field="h_number",
            text_no="Feltet for H-nummer har ikke elleve siffer med dag og måned pluss 40; det er "
            "ikke brukt.",
            text_en="The field for the H-number does not hold eleven digits with a day and a month "
            "plus 40; it was not used.",
            action=CHECK_NUMBER,
            check=col("_h_number_valid"),
        ),
        *(_not_allowed_here(*names) for names in _NATIONAL[:2]),
        Rule(
            id="ID_LEADING_ZERO_LOST",
            severity=Severity.WARN,
            message_types=BOTH,
            field="fnr",
            text_no="Fødselsnummeret har ti siffer; en null er satt foran.",
            text_en="The national identity number has ten digits; a zero was put before it.",
            action=NUMBER_AS_TEXT,
            check=~col("_fnr_zero_lost"),
        ),
        Rule(
            id="ID_LEADING_ZERO_LOST_H_NUMBER",
            severity=Severity.WARN,
            message_types=BOTH,
            field="h_number",
            text_no="H-nummeret har ti siffer; en null er satt foran.",
            text_en="The H-number has ten digits; a zero was put before it.",
            action=NUMBER_AS_TEXT,
            check=~lost_zero(trimmed(col("h_number"))),
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
            action=ONE_ID,
            check=col("_national_ids") <= 1,
            watches="_national_ids",
        ),
        Rule(
            id="PERSON_WITHOUT_ID",
            severity=Severity.WARN,
            services=CHILDREN_AND_PUPILS,
            field="person_local_id",
            text_no="Konsultasjonen har ingen id for personen som kan brukes; den telles bare som "
            "aktivitet.",
            text_en="The consultation has no id of the person that can be used; it counts as "
            "activity only.",
            action=Action(
                (Who.EPJ_VENDOR, Who.HEALTH_STATION),
                "Leverandøren sender nasjonal id og lokal person-id fra journalen; mangler de der, "
                "fører virksomheten dem inn.",
                "The EPJ vendor sends the national id and the local person id from the record; if "
                "they are missing there, the health station enters them.",
            ),
            check=col("_is_anybody"),
            watches="operation",
        ),
        Rule(
            id="BIRTH_DATE_IMPOSSIBLE",
            severity=Severity.SET_ASIDE,
            message_types=BOTH,
            field="birth_date",
            text_no="Fødselsdatoen er ikke en dato mellom 1900 og 2099 og er ikke lagret.",
            text_en="The birth date is no date between 1900 and 2099 and is not stored.",
            action=CHECK_OR_NO_PLACEHOLDER,
            check=col("birth_date").is_between(FIRST_DAY, LAST_DAY),
            upserts_only=False,
        ),
        Rule(
            id="BIRTH_DATE_MISSING",
            severity=Severity.WARN,
            services=CHILDREN,
            field="birth_date",
            text_no="Fødselsdatoen mangler; alder er ikke beregnet.",
            text_en="The birth date is missing; no age was calculated.",
            action=Action(
                (Who.EPJ_VENDOR, Who.HEALTH_STATION),
                "Leverandøren sender fødselsdatoen fra journalen; mangler den der, fører "
                "virksomheten den inn.",
                "The EPJ vendor sends the birth date from the record; if it is missing there, the "
                "health station enters it.",
            ),
            check=col("birth_date").is_not_null(),
            watches="operation",
        ),
        Rule(
            id="BIRTH_DATE_AFTER_START",
            severity=Severity.WARN,
            message_types=BOTH,
            field="birth_date",
            text_no="Fødselsdatoen er etter konsultasjonen; alder er ikke beregnet.",
            text_en="The birth date is after the consultation; no age was calculated.",
            action=CHECK_RECORD,
            check=col("birth_date") <= col("_date"),
        ),
        Rule(
            id="BIRTH_DATE_AGAINST_NUMBER",
            severity=Severity.WARN,
            message_types=BOTH,
            field="birth_date",
            text_no="Fødselsdatoen er en annen enn den i fødselsnummeret eller D-nummeret; den er "
            "lagret som sendt.",
            text_en="The birth date is not that of the national identity number or D-number; it is "
            "stored as sent.",
            action=_COMPARE_NUMBER,
            check=col("_birth_date_as_number"),
            watches="_birth_date_as_number",
        ),
        Rule(
            id="SEX_AGAINST_NUMBER",
            severity=Severity.WARN,
            message_types=BOTH,
            field="sex",
            text_no="Kjønnet er et annet enn det i fødselsnummeret eller D-nummeret; det er lagret "
            "som sendt.",
            text_en="The sex is not that of the national identity number or D-number; it is stored "
            "as sent.",
            action=_COMPARE_NUMBER,
            check=col("_sex_as_number"),
            watches="_sex_as_number",
        ),
    )


def _invalid(field: str, name: str, no: str, en: str) -> Rule:
    return Rule(
        id="NATIONAL_ID_INVALID" if field == "fnr" else f"NATIONAL_ID_INVALID_{name}",
        severity=Severity.SET_ASIDE,
        message_types=BOTH,
        field=field,
        text_no=f"Feltet for {no} har ikke et gyldig nummer ({_FORMS[field][0]}); det er ikke "
        "brukt.",
        text_en=f"The field for the {en} holds no valid number ({_FORMS[field][1]}); it was not "
        "used.",
        action=CHECK_NUMBER,
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
        action=RIGHT_ENVIRONMENT,
        check=col(f"_{field}_allowed"),
    )
