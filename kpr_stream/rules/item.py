"""Rules about the item as such: which one it is, what it asks for, whether it came twice."""

from __future__ import annotations

from polars import col

from kpr_stream.model.words import MessageType, Operation, Severity
from kpr_stream.rules.actions import OWN_IDS, SEND_ID
from kpr_stream.rules.rule import (
    APPOINTMENT,
    APPOINTMENT_ID_HOLDS_NATIONAL_ID,
    BOTH,
    CONSULTATION,
    LOCAL_ID_HOLDS_NATIONAL_ID,
    Action,
    Rule,
    Who,
)

NATIONAL_ID_IN = {
    "appointment_id": ("id-en til avtalen", "id of the appointment", CONSULTATION),
    "person_local_id": ("den lokale id-en til personen", "person's local id", BOTH),
    "group_id": ("id-en til gruppen", "id of the group", CONSULTATION),
    "department_id": ("id-en til avdelingen", "id of the department", BOTH),
    "local_consultation_type": (
        "den lokale konsultasjonstypen",
        "local consultation type",
        BOTH,
    ),
}
"""Fields of the sender's own texts, which might hold a person's number."""


def item_rules() -> tuple[Rule, ...]:
    """In the order in which findings are told."""
    return (
        _id_missing(CONSULTATION, "consultation_id", "Konsultasjonen", "consultation"),
        _id_missing(APPOINTMENT, "appointment_id", "Avtalen", "appointment"),
        Rule(
            id="OPERATION_UNKNOWN",
            severity=Severity.REJECT,
            message_types=BOTH,
            field="operation",
            text_no="Operasjonen er ikke upsert, delete eller keep, med små bokstaver.",
            text_en="The operation is not upsert, delete or keep, in lower case.",
            action=Action(
                (Who.EPJ_VENDOR,),
                "Leverandøren skriver upsert for en ny eller endret hendelse og delete for en som "
                "er slettet. I et uttrekk følger det av listen hendelsen står i.",
                "The EPJ vendor writes upsert for a new or changed item and delete for a deleted "
                "one. In an export it follows from the list that the item stands in.",
            ),
            check=col("operation").is_in(list(Operation)),
            upserts_only=False,
        ),
        Rule(
            id="DELETE_NOT_CONFIRMED",
            severity=Severity.WARN,
            message_types=BOTH,
            field="operation",
            text_no="Hendelsen står på slettelisten, men uten `erSlettet: true` (i kontrakten: "
            "operasjonen keep). Ingenting er gjort.",
            text_en="The item is on the deletion list, but without `erSlettet: true` (in the "
            "contract: operation keep). Nothing was done.",
            action=Action(
                (Who.EPJ_VENDOR,),
                "Leverandøren sender hendelsen med sletting bekreftet hvis den skal slettes, og "
                "ellers ikke på slettelisten.",
                "The EPJ vendor sends the item with the deletion confirmed if it is to be deleted, "
                "and otherwise not on the deletion list.",
            ),
            check=col("operation") != Operation.KEEP,
            upserts_only=False,
        ),
        Rule(
            id="FIELD_UNREADABLE",
            severity=Severity.SET_ASIDE,
            message_types=BOTH,
            field="unreadable",
            text_no="Ett eller flere felt i uttrekket holder noe kontrakten ikke kan ta imot, og "
            "er ikke lagret: tekst for et tall («ca. 8»), en dato som ikke finnes, et objekt for "
            "en verdi, et desimaltall for et helt.",
            text_en="One or more fields of the export hold what the contract cannot, and are not "
            "stored: text for a number («ca. 8»), a date that does not exist, an object for a "
            "value, a decimal for a whole number.",
            action=Action(
                (Who.EPJ_VENDOR,),
                "Leverandøren finner feltene (`unreadable` nevner dem, og kpr-stream check peker "
                "på hvert av dem), skriver dem slik export-format.md sier, og sender hendelsen på "
                "nytt.",
                "The EPJ vendor finds the fields (`unreadable` names them, and kpr-stream check "
                "points to each), writes them as export-format.md says and sends the item again.",
            ),
            check=col("unreadable").list.len() == 0,
        ),
        _id_holds_national_id(CONSULTATION, "consultation_id", LOCAL_ID_HOLDS_NATIONAL_ID),
        _id_holds_national_id(APPOINTMENT, "appointment_id", APPOINTMENT_ID_HOLDS_NATIONAL_ID),
        *(_text_holds_national_id(field, *said) for field, said in NATIONAL_ID_IN.items()),
        Rule(
            id="ID_REPEATED_IN_DELIVERY",
            severity=Severity.WARN,
            message_types=BOTH,
            field="operation",
            text_no="Den samme lokale id-en står flere ganger i innsendingen; den siste gjelder.",
            text_en="The same local id stands more than once in the delivery; the last one counts.",
            action=Action(
                (Who.EPJ_VENDOR,),
                "Leverandøren sender hver hendelse én gang i en innsending, slik den var da "
                "uttrekket ble laget.",
                "The EPJ vendor sends each item once in a delivery, as it was when the export "
                "was made.",
            ),
            check=~col("_id_repeated"),
            watches="_id_repeated",
        ),
        Rule(
            id="VISIT_REPEATED_IN_DELIVERY",
            severity=Severity.WARN,
            field="start",
            text_no="En annen konsultasjon i innsendingen gjelder samme person og starter i samme "
            "minutt; begge er lagret.",
            text_en="Another consultation in the delivery is of the same person and starts in the "
            "same minute; both are stored.",
            action=Action(
                (Who.EPJ_VENDOR, Who.HEALTH_STATION),
                "Leverandøren undersøker om konsultasjonen er hentet ut to ganger med ulike id-er. "
                "Er den registrert to ganger, sletter virksomheten den ene.",
                "The EPJ vendor finds out whether one consultation is exported twice under two "
                "ids. If it was entered twice, the health station deletes one.",
            ),
            check=~col("_visit_repeated"),
            watches="_visit_repeated",
        ),
    )


def _id_missing(message_types: tuple[MessageType, ...], field: str, no: str, en: str) -> Rule:
    return Rule(
        id=f"{field.upper()}_MISSING",
        severity=Severity.REJECT,
        message_types=message_types,
        field=field,
        text_no=f"{no} mangler lokal id: feltet er tomt eller borte.",
        text_en=f"The {en} has no local id: the field is blank or missing.",
        action=SEND_ID,
        check=col("_local_id").is_not_null(),
        watches="operation",
        upserts_only=False,
    )


def _id_holds_national_id(message_types: tuple[MessageType, ...], field: str, rule_id: str) -> Rule:
    return Rule(
        id=rule_id,
        severity=Severity.SET_ASIDE,
        message_types=message_types,
        field=field,
        text_no="Den lokale id-en ser ut til å inneholde et fødselsnummer eller lignende; "
        "kvitteringen gjentar den ikke.",
        text_en="The local id seems to contain a national identity number or the like; "
        "the receipt does not repeat it.",
        action=OWN_IDS,
        check=~col("_local_id_holds_national_id"),
        watches="_local_id",
        upserts_only=False,
    )


def _text_holds_national_id(
    field: str, no: str, en: str, message_types: tuple[MessageType, ...]
) -> Rule:
    return Rule(
        id=f"NATIONAL_ID_IN_{field.upper()}",
        severity=Severity.SET_ASIDE,
        message_types=message_types,
        field=field,
        text_no=f"Teksten i {no} ser ut til å inneholde et fødselsnummer eller lignende og er "
        "ikke lagret.",
        text_en=f"The {en} seems to contain a national identity number or the like and is not "
        "stored.",
        action=OWN_IDS,
        check=~col(f"_{field}_holds_national_id"),
    )
