"""Every rule, by an item that breaks it and one that just does not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kpr_stream.model.delivery import Prepared, PreparedItem
from kpr_stream.model.words import MessageType, Severity
from kpr_stream.processor.frame import FrameContext, prepare
from kpr_stream.reference import load_reference
from kpr_stream.rules.catalogue import catalogue, rule_texts, rules_for
from kpr_stream.rules.coded import CODED
from kpr_stream.rules.document import vendor_page
from kpr_stream.schemas.catalogue import schema
from tests.deliveries import (
    NOW,
    appointment,
    consultation,
    opened,
    synthetic_fh_number,
    synthetic_id,
)

ROOT = Path(__file__).parents[3]
BORN = date(2024, 1, 20)
OTHER = synthetic_id(BORN, 7)
D_NUMBER = synthetic_id(BORN, day_plus=40)
FH_NUMBER = synthetic_fh_number()
WRONG_FH_NUMBER = FH_NUMBER[:-1] + str((int(FH_NUMBER[-1]) + 1) % 10)
REAL = synthetic_id(BORN, month_plus=0)

Fields = dict[str, Any]
GOLDEN: dict[str, tuple[Fields, Fields]] = {
    # rule: (what breaks it, what just does not)
    "CONSULTATION_ID_MISSING": ({"consultation_id": " "}, {"consultation_id": "0"}),
    "APPOINTMENT_ID_MISSING": ({"appointment_id": None}, {"appointment_id": "0"}),
    "OPERATION_UNKNOWN": ({"operation": "UPSERT"}, {"operation": "delete"}),
    "START_MISSING": (
        {"start": None},
        {"start": datetime(1901, 1, 1, tzinfo=UTC), "birth_date": None},
    ),
    "WEIGHT_IMPOSSIBLE": ({"weight_g": 199}, {"weight_g": 200}),
    "LENGTH_IMPOSSIBLE": ({"length_mm": 2501}, {"length_mm": 2500}),
    "HEAD_CIRCUMFERENCE_IMPOSSIBLE": (
        {"head_circumference_mm": 149},
        {"head_circumference_mm": 150},
    ),
    "BIRTH_DATE_IMPOSSIBLE": (
        {"birth_date": date(1899, 12, 31)},
        {"birth_date": date(1900, 1, 1)},
    ),
    "MATERNITY_DISCHARGE_DATE_IMPOSSIBLE": (
        {"maternity_discharge_date": date(2100, 1, 1)},
        {"maternity_discharge_date": date(2099, 12, 31)},
    ),
    "FIELD_UNREADABLE": ({"unreadable": ["weight_g"]}, {"unreadable": []}),
    "NATIONAL_ID_INVALID": ({"fnr": OTHER[:-1] + str((int(OTHER[-1]) + 1) % 10)}, {"fnr": OTHER}),
    "NATIONAL_ID_INVALID_DNR": ({"dnr": "41018000000"}, {"fnr": None, "dnr": D_NUMBER}),
    "NATIONAL_ID_INVALID_FH_NUMBER": ({"fh_number": WRONG_FH_NUMBER}, {"fh_number": FH_NUMBER}),
    "NATIONAL_ID_INVALID_DUF": ({"duf": "180012345678"}, {"duf": "201012345678"}),
    "FNR_NOT_ALLOWED_HERE": ({"fnr": REAL}, {"fnr": synthetic_id(BORN, month_plus=65)}),
    "DNR_NOT_ALLOWED_HERE": (
        {"dnr": synthetic_id(BORN, day_plus=40, month_plus=0)},
        {"dnr": D_NUMBER},
    ),
    "LOCAL_ID_HOLDS_NATIONAL_ID": (
        {"consultation_id": f"a{OTHER}"},
        {"consultation_id": f"a{OTHER[:10]}"},
    ),
    "APPOINTMENT_ID_HOLDS_NATIONAL_ID": (
        {"appointment_id": f"{OTHER[:6]} {OTHER[6:]}"},
        {"appointment_id": OTHER[:6]},
    ),
    "ID_LEADING_ZERO_LOST": (
        {"fnr": synthetic_id(date(2024, 1, 9))[1:]},
        {"fnr": synthetic_id(date(2024, 1, 9))},
    ),
    "SEVERAL_IDS": ({"dnr": D_NUMBER}, {"fnr": None, "dnr": D_NUMBER}),
    "DELETE_NOT_CONFIRMED": ({"operation": "keep"}, {"operation": "delete"}),
    "START_IMPLAUSIBLE": (
        {"attendance": "MOTT", "start": NOW + timedelta(minutes=11)},
        {"attendance": "MOTT", "start": NOW + timedelta(minutes=10)},
    ),
    "BIRTH_DATE_AFTER_START": (
        {
            "start": datetime(2024, 3, 4, 22, 59, tzinfo=UTC),
            "start_offset_minutes": 60,
            "birth_date": date(2024, 3, 5),
        },
        {
            "start": datetime(2024, 3, 4, 23, 0, tzinfo=UTC),
            "start_offset_minutes": 60,
            "birth_date": date(2024, 3, 5),
        },
    ),
    "MUNICIPALITY_NOT_VALID_THEN": ({"municipality_code": "1601"}, {"municipality_code": "301"}),
}
KNOWN = {
    "service": "HFU",
    "time_precision": "date",
    "consultation_type": "GRUPPE",
    "contact_form": "VIDEO",
    "attendance": "IKKE_MOTT",
    "programme_step": "BARSELBESOK",
    "practitioner_roles": ["LEGE", "JORDMOR"],
    "district_code": "30101",
    "sex": "9",
    "weight_reason_not_measured": "UTSTYR",
    "length_position": "STAENDE",
    "length_reason_not_measured": "ANNET",
    "head_circumference_reason_not_measured": "BARNET_UROLIG",
    "breastfeeding": "IKKE_SPURT",
}
for _coded in CODED:
    _known = KNOWN[_coded.field]
    _many = isinstance(_known, list)
    for _name, _bad in (("UNKNOWN", "NOE_NYTT"), ("UNUSABLE", "Kari 17.05")):
        GOLDEN[f"CODE_{_name}_{_coded.field.upper()}"] = (
            {_coded.field: ["LEGE", _bad] if _many else _bad},
            {_coded.field: _known},
        )

REFERENCE = load_reference()
CONTEXT = FrameContext(synthetic_ids=True, reference=REFERENCE)
RULES = {rule.id: rule for rule in catalogue(REFERENCE)}
CASES = [(rule, message) for rule in RULES.values() for message in rule.message_types]


def _judge(message: MessageType, changes: Fields) -> PreparedItem:
    make = consultation if message is MessageType.CONSULTATION else appointment
    mine = {
        name: value for name, value in changes.items() if name in make() or _is_of(name, message)
    }
    (found,) = prepare([opened([make(0, **mine)], message_type=message)], CONTEXT)
    assert isinstance(found, Prepared)
    return found.items[0]


def _is_of(name: str, message: MessageType) -> bool:
    return name in schema(f"{message}_item").field_names


def test_every_rule_has_its_examples() -> None:
    assert set(GOLDEN) == set(RULES)


@pytest.mark.parametrize(("rule", "message"), CASES, ids=lambda case: getattr(case, "id", case))
def test_each_rule(rule: Any, message: MessageType) -> None:
    broken, kept = (_judge(message, changes) for changes in GOLDEN[rule.id])
    assert rule.id in broken.findings
    assert rule.id not in kept.findings
    assert broken.rejected == (rule.severity is Severity.REJECT)
    if rule.severity is Severity.WARN:
        assert rule.id in broken.cleaned["warnings"]
    elif rule.severity is Severity.SET_ASIDE:
        aside = "weight_g" if rule.field == "unreadable" else rule.field
        expected = message is MessageType.CONSULTATION or rule.field != "unreadable"
        assert (aside in broken.cleaned["set_aside"]) == expected
        left: list[str] | None = [] if rule.field == "practitioner_roles" else None
        assert broken.cleaned.get(rule.field) == left


@pytest.mark.parametrize("message", [MessageType.CONSULTATION, MessageType.APPOINTMENT])
def test_a_plain_item_has_no_findings(message: MessageType) -> None:
    item = _judge(message, {})
    assert item.findings == ()
    assert item.cleaned["warnings"] == item.cleaned["set_aside"] == ()


def test_findings_stand_in_the_order_of_the_catalogue() -> None:
    found = _judge(
        MessageType.CONSULTATION,
        {"weight_g": 1, "consultation_id": None, "sex": "8", "dnr": D_NUMBER},
    ).findings
    assert found == (
        "CONSULTATION_ID_MISSING",
        "WEIGHT_IMPOSSIBLE",
        "SEVERAL_IDS",
        "CODE_UNKNOWN_SEX",
    )


def test_a_delete_needs_only_an_id() -> None:
    for make, name in ((consultation, "consultation_id"), (appointment, "appointment_id")):
        message = MessageType.CONSULTATION if make is consultation else MessageType.APPOINTMENT
        bare = {"operation": "delete", name: "x"}
        (found,) = prepare([opened([bare], message_type=message)], CONTEXT)
        assert isinstance(found, Prepared)
        assert found.items[0].findings == ()


def test_only_a_missing_identity_or_time_costs_an_item() -> None:
    rejecting = {rule.id for rule in RULES.values() if rule.severity is Severity.REJECT}
    assert rejecting == {
        "CONSULTATION_ID_MISSING",
        "APPOINTMENT_ID_MISSING",
        "OPERATION_UNKNOWN",
        "START_MISSING",
    }


def test_ids_are_unique_and_texts_complete() -> None:
    rules = catalogue(REFERENCE)
    assert len(RULES) == len(rules)
    for rule in rules:
        texts = (rule.text_no, rule.text_en, rule.action_no, rule.action_en)
        assert all(text.endswith(".") for text in texts)
        assert rule.pointer == f"/{rule.field}"
        for message in rule.message_types:
            assert rule in rules_for(message, REFERENCE)
            assert _is_of(rule.field, message)


def test_rule_texts_for_a_receipt() -> None:
    (texts,) = rule_texts(["WEIGHT_IMPOSSIBLE"])
    assert texts.rule == "WEIGHT_IMPOSSIBLE"
    assert texts.severity is Severity.SET_ASIDE
    assert texts.pointer == "/weight_g"
    with pytest.raises(KeyError):
        rule_texts(["NO_SUCH_RULE"])


def test_the_vendors_page_is_up_to_date() -> None:
    assert (ROOT / "docs/vendor/rules.md").read_text("utf-8") == vendor_page(REFERENCE)
