"""The rules for the item itself: its id, its operation, repeated items."""

from __future__ import annotations

from polars import col

from kpr_stream.model.identifiers import FEWEST_NINES, identity, trimmed
from kpr_stream.model.limits import MAX_SEARCHED_BYTES
from kpr_stream.model.words import MessageType, Operation, Severity
from kpr_stream.rules.actions import (
    ID_WITHOUT_SPACES,
    OWN_ID_OR_NONE,
    OWN_IDS,
    SEND_ID,
    SHORTER_TEXT,
)
from kpr_stream.rules.rule import (
    APPOINTMENT,
    APPOINTMENT_ID_HOLDS_NATIONAL_ID,
    APPOINTMENT_ID_TOO_LONG,
    BOTH,
    CONSULTATION,
    LOCAL_ID_HOLDS_NATIONAL_ID,
    LOCAL_ID_TOO_LONG,
    NOT_DECODED,
    Action,
    Responsible,
    Rule,
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
"""Fields with texts of the sender's own, which can hold a national id: name in Norwegian and
English, and message types."""

OWN_ID_FIELDS = {
    "consultation_id": ("id-en til konsultasjonen", "id of the consultation", CONSULTATION),
    "appointment_id": ("id-en til avtalen", "id of the appointment", BOTH),
    "person_local_id": NATIONAL_ID_IN["person_local_id"],
    "group_id": NATIONAL_ID_IN["group_id"],
    "department_id": NATIONAL_ID_IN["department_id"],
}
"""Fields that identify something by the sender's own id, with names as above."""


def item_rules() -> tuple[Rule, ...]:
    """The rules, in the order in which findings are reported."""
    return (
        _id_missing(CONSULTATION, "consultation_id", "Konsultasjonen", "consultation"),
        _id_missing(APPOINTMENT, "appointment_id", "Avtalen", "appointment"),
        _id_unreadable(CONSULTATION, "consultation_id", "konsultasjonen", "consultation"),
        _id_unreadable(APPOINTMENT, "appointment_id", "avtalen", "appointment"),
        Rule(
            id="OPERATION_UNKNOWN",
            severity=Severity.REJECT,
            message_types=BOTH,
            field="operation",
            text_no="Operasjonen er ikke `upsert`, `delete` eller `keep`, skrevet med små "
            "bokstaver.",
            text_en="The operation is not `upsert`, `delete` or `keep`, in lower case.",
            action=Action(
                (Responsible.EPJ_VENDOR,),
                "Leverandøren skriver `upsert` for en ny eller endret hendelse, og `delete` for en "
                "slettet hendelse. I et uttrekk følger operasjonen av listen som hendelsen står i.",
                "The EPJ vendor writes `upsert` for a new or changed item, and `delete` for a "
                "deleted item. In an export the operation follows from the list that holds the "
                "item.",
            ),
            check=col("operation").is_in(list(Operation)),
            upserts_only=False,
        ),
        Rule(
            id="ITEM_NOT_DECODED",
            severity=Severity.REJECT,
            message_types=BOTH,
            field="unreadable",
            text_no="Hendelsen har en verdi med bytes som kontrakten ikke kan ta imot: en tekst "
            "som ikke er UTF-8, eller et heltall på mer enn 32 bit. De andre hendelsene i "
            "innsendingen er ikke berørt.",
            text_en="The item has a value with bytes that the contract cannot hold: a text that is "
            "not UTF-8, or a whole number of more than 32 bits. The other items of the delivery "
            "are not affected.",
            action=Action(
                (Responsible.EPJ_VENDOR,),
                "Leverandøren finner hendelsen med indeksen i kvitteringen, skriver teksten som "
                "UTF-8 (ofte er den Latin-1) eller retter tallet, og sender hendelsen på nytt.",
                "The EPJ vendor finds the item by the index in the receipt, writes the text as "
                "UTF-8 (often it is Latin-1) or corrects the number, and sends the item again.",
            ),
            check=~col("unreadable").list.contains(NOT_DECODED),
            upserts_only=False,
            since="3",
        ),
        Rule(
            id="DELETE_NOT_CONFIRMED",
            severity=Severity.WARN,
            message_types=BOTH,
            field="operation",
            text_no="Hendelsen står på slettelisten, men uten `erSlettet: true` (i kontrakten: "
            "operasjonen `keep`). Ingenting er slettet.",
            text_en="The item is on the deletion list, but without `erSlettet: true` (in the "
            "contract: operation `keep`). Nothing was deleted.",
            action=Action(
                (Responsible.EPJ_VENDOR,),
                "Skal hendelsen slettes, sender leverandøren den med `erSlettet: true`. Skal den "
                "ikke slettes, tar leverandøren den bort fra slettelisten.",
                "If the item is to be deleted, the EPJ vendor sends it with `erSlettet: true`. If "
                "not, the EPJ vendor leaves it out of the deletion list.",
            ),
            check=col("operation") != Operation.KEEP,
            upserts_only=False,
        ),
        Rule(
            id="FIELD_UNREADABLE",
            severity=Severity.SET_ASIDE,
            message_types=BOTH,
            field="unreadable",
            text_no="Ett eller flere felt i uttrekket har en verdi som kontrakten ikke kan ta "
            "imot. Verdien er ikke lagret. Eksempler: tekst i stedet for et tall («ca. 8»), en "
            "dato som ikke finnes, et objekt i stedet for en verdi, et desimaltall i stedet for et "
            "heltall.",
            text_en="One or more fields of the export have a value that the contract cannot hold. "
            "The value is not stored. Examples: text in place of a number («ca. 8»), a date that "
            "does not exist, an object in place of a value, a decimal in place of a whole number.",
            action=Action(
                (Responsible.EPJ_VENDOR,),
                "Leverandøren finner feltene: `unreadable` nevner dem, og `kpr-stream check` peker "
                "på hvert av dem. Leverandøren skriver dem slik export-format.md beskriver, og "
                "sender hendelsen på nytt.",
                "The EPJ vendor finds the fields: `unreadable` names them, and `kpr-stream check` "
                "points to each of them. The EPJ vendor writes them as export-format.md describes "
                "and sends the item again.",
            ),
            check=col("unreadable").list.len() == 0,
            about_unreadable=True,
        ),
        _id_holds_national_id(CONSULTATION, "consultation_id", LOCAL_ID_HOLDS_NATIONAL_ID),
        _id_holds_national_id(APPOINTMENT, "appointment_id", APPOINTMENT_ID_HOLDS_NATIONAL_ID),
        *(_text_holds_national_id(field, *names) for field, names in NATIONAL_ID_IN.items()),
        _id_too_long(CONSULTATION, "consultation_id", LOCAL_ID_TOO_LONG),
        _id_too_long(APPOINTMENT, "appointment_id", APPOINTMENT_ID_TOO_LONG),
        *(_text_too_long(field, *names) for field, names in NATIONAL_ID_IN.items()),
        *(_placeholder(field, *NATIONAL_ID_IN[field]) for field in ("person_local_id", "group_id")),
        *(_spaces_around(field, *names) for field, names in OWN_ID_FIELDS.items()),
        Rule(
            id="ID_REPEATED_IN_DELIVERY",
            severity=Severity.WARN,
            message_types=BOTH,
            field="operation",
            text_no="Den samme lokale id-en står flere ganger i innsendingen. Den siste gjelder.",
            text_en="The same local id occurs more than once in the delivery. The last one counts.",
            action=Action(
                (Responsible.EPJ_VENDOR,),
                "Leverandøren sender hver hendelse én gang i en innsending, slik den var da "
                "uttrekket ble laget.",
                "The EPJ vendor sends each item once in a delivery, as it was when the export was "
                "made.",
            ),
            check=~col("_id_repeated"),
            watches="_id_repeated",
        ),
        Rule(
            id="VISIT_REPEATED_IN_DELIVERY",
            severity=Severity.WARN,
            field="start",
            text_no="En annen konsultasjon i innsendingen gjelder samme person og starter i samme "
            "minutt. Begge er lagret.",
            text_en="Another consultation in the delivery concerns the same person and starts in "
            "the same minute. Both are stored.",
            action=Action(
                (Responsible.EPJ_VENDOR, Responsible.HEALTH_STATION),
                "Leverandøren undersøker om konsultasjonen er hentet ut to ganger med ulike id-er. "
                "Er den registrert to ganger i journalen, sletter virksomheten den ene.",
                "The EPJ vendor checks whether one consultation is exported twice, under two ids. "
                "If it was registered twice in the record, the health station deletes one of the "
                "two.",
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
        text_no=f"{no} har ingen lokal id: feltet mangler, er tomt, eller har bare nuller eller "
        "minst ni niere.",
        text_en=f"The {en} has no local id: the field is missing, is empty, or holds only zeros or "
        "at least nine nines.",
        action=SEND_ID,
        check=col("_local_id").is_not_null(),
        watches="operation",
        upserts_only=False,
    )


def _id_unreadable(message_types: tuple[MessageType, ...], field: str, no: str, en: str) -> Rule:
    return Rule(
        id=f"{field.upper()}_UNREADABLE",
        severity=Severity.REJECT,
        message_types=message_types,
        field=field,
        text_no=f"Den lokale id-en til {no} kan ikke leses: den er verken tekst eller et helt "
        "tall.",
        text_en=f"The local id of the {en} cannot be read: it is neither text nor a whole number.",
        action=SEND_ID,
        check=~col("_local_id_unreadable"),
        watches="_local_id_unreadable",
        about_unreadable=True,
        upserts_only=False,
    )


def _id_holds_national_id(message_types: tuple[MessageType, ...], field: str, rule_id: str) -> Rule:
    return Rule(
        id=rule_id,
        severity=Severity.SET_ASIDE,
        message_types=message_types,
        field=field,
        text_no="Den lokale id-en ser ut til å inneholde et fødselsnummer eller lignende. "
        "Kvitteringen gjentar den ikke.",
        text_en="The local id seems to contain a national identity number or a similar number. "
        "The receipt does not repeat it.",
        action=OWN_IDS,
        check=~col("_local_id_holds_national_id"),
        watches="_local_id",
        upserts_only=False,
    )


def _id_too_long(message_types: tuple[MessageType, ...], field: str, rule_id: str) -> Rule:
    return Rule(
        id=rule_id,
        severity=Severity.SET_ASIDE,
        message_types=message_types,
        field=field,
        text_no=f"Den lokale id-en er lengre enn {MAX_SEARCHED_BYTES} byte. Kvitteringen gjentar "
        "den ikke.",
        text_en=f"The local id is longer than {MAX_SEARCHED_BYTES} bytes. The receipt does not "
        "repeat it.",
        action=SHORTER_TEXT,
        check=~col("_local_id_too_long"),
        watches="_local_id_too_long",
        upserts_only=False,
    )


def _text_too_long(field: str, no: str, en: str, message_types: tuple[MessageType, ...]) -> Rule:
    return Rule(
        id=f"TEXT_TOO_LONG_{field.upper()}",
        severity=Severity.SET_ASIDE,
        message_types=message_types,
        field=field,
        text_no=f"Teksten i {no} er lengre enn {MAX_SEARCHED_BYTES} byte, og er ikke lagret.",
        text_en=f"The {en} is longer than {MAX_SEARCHED_BYTES} bytes, and is not stored.",
        action=SHORTER_TEXT,
        check=~col(f"_{field}_too_long"),
        watches=f"_{field}_too_long",
    )


def _text_holds_national_id(
    field: str, no: str, en: str, message_types: tuple[MessageType, ...]
) -> Rule:
    return Rule(
        id=f"NATIONAL_ID_IN_{field.upper()}",
        severity=Severity.SET_ASIDE,
        message_types=message_types,
        field=field,
        text_no=f"Teksten i {no} ser ut til å inneholde et fødselsnummer eller lignende, og er "
        "ikke lagret.",
        text_en=f"The {en} seems to contain a national identity number or a similar number, and is "
        "not stored.",
        action=OWN_IDS,
        check=~col(f"_{field}_holds_national_id"),
    )


def _placeholder(field: str, no: str, en: str, message_types: tuple[MessageType, ...]) -> Rule:
    person = field == "person_local_id"
    kept = col("_person_local_id") if person else identity(col(field), nines=FEWEST_NINES)
    return Rule(
        id=f"PLACEHOLDER_IN_{field.upper()}",
        severity=Severity.SET_ASIDE,
        message_types=message_types,
        field=field,
        text_no=f"I {no} står bare nuller, skilletegn eller minst tre niere. Verdien er ingen id, "
        "og er ikke brukt.",
        text_en=f"The {en} holds only zeros, separators or at least three nines. The value is not "
        "an id and was not used.",
        action=OWN_ID_OR_NONE,
        check=kept.is_not_null() | trimmed(col(field)).is_null(),
    )


def _spaces_around(field: str, no: str, en: str, message_types: tuple[MessageType, ...]) -> Rule:
    return Rule(
        id=f"SPACES_AROUND_{field.upper()}",
        severity=Severity.WARN,
        message_types=message_types,
        field=field,
        text_no=f"I {no} er det mellomrom foran eller bak. Mottakeren bruker id-en uten dem: to "
        "id-er som bare skiller seg slik, er den samme.",
        text_en=f"The {en} has white space before or after it. The receiver uses the id without: "
        "two ids that differ by that alone are the same.",
        action=ID_WITHOUT_SPACES,
        check=col(field) == trimmed(col(field)),
        since="4",
    )
