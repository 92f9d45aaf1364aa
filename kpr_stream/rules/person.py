"""The rules for the person of an item.

An id that cannot be used is set aside, and the next valid id of the item is used in its place.
"""

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
from kpr_stream.rules.rule import BOTH, CHILDREN, CHILDREN_AND_PUPILS, Action, Responsible, Rule
from kpr_stream.rules.times import FIRST_DAY, LAST_DAY

_NATIONAL = (
    ("fnr", "FNR", "fødselsnummer", "national identity number"),
    ("dnr", "DNR", "D-nummer", "D-number"),
    ("fh_number", "FH_NUMBER", "FH-nummer", "FH-number"),
    ("duf", "DUF", "DUF-nummer", "DUF number"),
)
_FORMS = {
    "fnr": (
        "elleve siffer: fødselsdato, tre siffer, to kontrollsiffer; syntetiske: måned + 80, + 65",
        "eleven digits: birth date, three digits, two control digits; synthetic: month + 80, + 65",
    ),
    "dnr": (
        "elleve siffer som et fødselsnummer, med dag + 40; syntetiske også: måned + 40",
        "eleven digits like a national identity number, with day + 40; synthetic also: month + 40",
    ),
    "fh_number": (
        "elleve siffer, det første 8 eller 9, de to siste kontrollsiffer",
        "eleven digits, the first 8 or 9, the last two control digits",
    ),
    "duf": (
        "tolv siffer, de fire første et årstall fra 1900 til året for mottaket",
        "twelve digits, the first four a year from 1900 to that of the reception",
    ),
}
"""The form of a number in each field, in Norwegian and English."""
_NO_DATE = ("", "")
_DATED = (
    ", eller et nummer med en dato som ikke finnes eller er etter mottaket",
    ", or one with a date that does not exist or is after the reception",
)
_DATE = {"fnr": _DATED, "dnr": _DATED, "fh_number": _NO_DATE, "duf": _NO_DATE}
"""The other way in which such a number is not valid."""
_COMPARE_NUMBER = Action(
    (Responsible.HEALTH_STATION,),
    "Virksomheten kontrollerer i journalen at personen og verdien er riktige. Er en av dem feil, "
    "retter virksomheten journalen og sender hendelsen på nytt. Er begge riktige, trenger ingen å "
    "gjøre noe.",
    "The health station checks in the record that the person and the value are right. If one of "
    "them is wrong, the health station corrects the record and sends the item again. If both are "
    "right, nothing needs to be done.",
)


def person_rules() -> tuple[Rule, ...]:
    """The rules, in the order in which findings are reported."""
    return (
        *(_invalid(*names) for names in _NATIONAL),
        Rule(
            id="H_NUMBER_INVALID",
            severity=Severity.SET_ASIDE,
            message_types=BOTH,
            field="h_number",
            text_no="Feltet for H-nummer har ikke et gyldig nummer (elleve siffer: dag, måned + "
            "40, år og fem siffer). Verdien er ikke brukt.",
            text_en="The field for the H-number does not hold a valid number (eleven digits: day, "
            "month + 40, year and five digits). The value was not used.",
            action=CHECK_NUMBER,
            check=col("_h_number_valid"),
        ),
        *(_not_allowed_here(*names) for names in _NATIONAL[:2]),
        Rule(
            id="ID_LEADING_ZERO_LOST",
            severity=Severity.WARN,
            message_types=BOTH,
            field="fnr",
            text_no="Fødselsnummeret har ti siffer. En null er satt foran.",
            text_en="The national identity number has ten digits. A zero was put in front.",
            action=NUMBER_AS_TEXT,
            check=~col("_fnr_zero_lost"),
        ),
        Rule(
            id="ID_LEADING_ZERO_LOST_H_NUMBER",
            severity=Severity.WARN,
            message_types=BOTH,
            field="h_number",
            text_no="H-nummeret har ti siffer. En null er satt foran.",
            text_en="The H-number has ten digits. A zero was put in front.",
            action=NUMBER_AS_TEXT,
            check=~lost_zero(trimmed(col("h_number"))),
        ),
        Rule(
            id="SEVERAL_IDS",
            severity=Severity.WARN,
            message_types=BOTH,
            field="fnr",
            text_no="Hendelsen har flere nasjonale id-er. Den første av disse er brukt: "
            "fødselsnummer, D-nummer, FH-nummer, DUF-nummer.",
            text_en="The item has several national ids. The first of these was used: national "
            "identity number, D-number, FH-number, DUF number.",
            action=ONE_ID,
            check=col("_national_ids") <= 1,
            watches="_national_ids",
        ),
        Rule(
            id="PERSON_WITHOUT_ID",
            severity=Severity.WARN,
            services=CHILDREN_AND_PUPILS,
            field="person_local_id",
            text_no="Konsultasjonen har ingen brukbar id for personen. Den telles bare som "
            "aktivitet.",
            text_en="The consultation has no usable id of the person. It counts as activity only.",
            action=Action(
                (Responsible.EPJ_VENDOR, Responsible.HEALTH_STATION),
                "Leverandøren sender nasjonal id og lokal person-id fra journalen. Mangler de i "
                "journalen, fører virksomheten dem inn.",
                "The EPJ vendor sends the national id and the local person id from the record. If "
                "the record lacks them, the health station enters them.",
            ),
            check=col("_is_anybody"),
            watches="operation",
        ),
        Rule(
            id="BIRTH_DATE_IMPOSSIBLE",
            severity=Severity.SET_ASIDE,
            message_types=BOTH,
            field="birth_date",
            text_no="Fødselsdatoen ligger ikke mellom 1900 og 2099, og er ikke lagret.",
            text_en="The birth date is not between 1900 and 2099, and is not stored.",
            action=CHECK_OR_NO_PLACEHOLDER,
            check=col("birth_date").is_between(FIRST_DAY, LAST_DAY),
            upserts_only=False,
        ),
        Rule(
            id="BIRTH_DATE_MISSING",
            severity=Severity.WARN,
            services=CHILDREN,
            field="birth_date",
            text_no="Fødselsdatoen mangler. Alderen er ikke beregnet.",
            text_en="The birth date is missing. No age was calculated.",
            action=Action(
                (Responsible.EPJ_VENDOR, Responsible.HEALTH_STATION),
                "Leverandøren sender fødselsdatoen fra journalen. Mangler den i journalen, fører "
                "virksomheten den inn.",
                "The EPJ vendor sends the birth date from the record. If the record lacks it, the "
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
            text_no="Fødselsdatoen er etter konsultasjonen. Alderen er ikke beregnet.",
            text_en="The birth date is after the consultation. No age was calculated.",
            action=CHECK_RECORD,
            check=col("birth_date") <= col("_date"),
        ),
        Rule(
            id="BIRTH_DATE_AGAINST_NUMBER",
            severity=Severity.WARN,
            message_types=BOTH,
            field="birth_date",
            text_no="Fødselsdatoen er en annen enn datoen i fødselsnummeret eller D-nummeret. Den "
            "er lagret slik den ble sendt inn.",
            text_en="The birth date differs from the date in the national identity number or "
            "D-number. It is stored as sent.",
            action=_COMPARE_NUMBER,
            check=col("_birth_date_as_number"),
            watches="_birth_date_as_number",
        ),
        Rule(
            id="SEX_AGAINST_NUMBER",
            severity=Severity.WARN,
            message_types=BOTH,
            field="sex",
            text_no="Kjønnet er et annet enn kjønnet i fødselsnummeret eller D-nummeret. Det er "
            "lagret slik det ble sendt inn.",
            text_en="The sex differs from the sex in the national identity number or D-number. It "
            "is stored as sent.",
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
        text_no=f"Feltet for {no} har ikke et gyldig nummer ({_FORMS[field][0]}){_DATE[field][0]}. "
        "Verdien er ikke brukt.",
        text_en=f"The field for the {en} does not hold a valid number ({_FORMS[field][1]})"
        f"{_DATE[field][1]}. The value was not used.",
        action=CHECK_NUMBER,
        check=col(f"_{field}_valid"),
    )


def _not_allowed_here(field: str, name: str, no: str, en: str) -> Rule:
    return Rule(
        id=f"{name}_NOT_ALLOWED_HERE",
        severity=Severity.SET_ASIDE,
        message_types=BOTH,
        field=field,
        text_no=f"Feltet for {no} har et syntetisk nummer i produksjon, eller et ekte nummer i "
        "test. Nummeret er ikke brukt.",
        text_en=f"The field for the {en} holds a synthetic number in production, or a real number "
        "in test. The number was not used.",
        action=RIGHT_ENVIRONMENT,
        check=col(f"_{field}_allowed"),
    )
