"""The catalogue as a whole, and every rule by its golden examples."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from kpr_stream.model.delivery import Prepared, PreparedItem
from kpr_stream.model.words import MessageType, Service, Severity
from kpr_stream.processor.frame.prepare import FrameContext, prepare
from kpr_stream.reference import load_reference
from kpr_stream.rules.catalogue import catalogue, rule_texts, rules_for
from kpr_stream.rules.examples import Fields, examples
from kpr_stream.rules.rule import Rule
from kpr_stream.schemas.catalogue import schema
from tests.support.deliveries import consultation, opened, synthetic_id

REFERENCE = load_reference()
CONTEXT = FrameContext(synthetic_ids=True, reference=REFERENCE)
RULES = {rule.id: rule for rule in catalogue(REFERENCE)}
GOLDEN = examples()
CASES = [(rule, message) for rule in RULES.values() for message in rule.message_types]
RECEIVED_MS = int(GOLDEN.received_at.timestamp() * 1000)


def _judge(
    message: MessageType,
    changes: tuple[Fields, ...],
    context: Fields,
    where: FrameContext = CONTEXT,
) -> list[PreparedItem]:
    items = GOLDEN.items(message, changes, context)
    delivery = opened(items, message_type=message, received_at=RECEIVED_MS)
    (found,) = prepare([delivery], where)
    assert isinstance(found, Prepared)
    return list(found.items)


def test_every_rule_has_its_examples() -> None:
    assert list(GOLDEN.by_rule) == list(RULES)


@pytest.mark.parametrize(("rule", "message"), CASES, ids=lambda case: getattr(case, "id", case))
def test_the_example_that_breaks_a_rule(rule: Rule, message: MessageType) -> None:
    example = GOLDEN.by_rule[rule.id]
    where = replace(CONTEXT, synthetic_ids=example.wrong_in == "test")
    judged = _judge(message, example.wrong, example.context, where)
    broken = [item for item in judged if rule.id in item.findings]
    assert broken
    for item in broken:
        assert item.rejected == (rule.severity is Severity.REJECT)
        if rule.severity is Severity.WARN:
            assert rule.id in item.cleaned["warnings"]
        elif rule.severity is Severity.SET_ASIDE:
            _assert_set_aside(rule, item)


def _assert_set_aside(rule: Rule, item: PreparedItem) -> None:
    aside = "sex" if rule.field == "unreadable" else rule.field
    assert aside in item.cleaned["set_aside"]
    left: list[str] | None = [] if rule.field == "practitioner_roles" else None
    assert item.cleaned.get(rule.field) == left


@pytest.mark.parametrize(("rule", "message"), CASES, ids=lambda case: getattr(case, "id", case))
def test_the_example_that_is_right_breaks_none(rule: Rule, message: MessageType) -> None:
    example = GOLDEN.by_rule[rule.id]
    for item in _judge(message, example.right, example.context):
        assert item.findings == ()


@pytest.mark.parametrize("message", [MessageType.CONSULTATION, MessageType.APPOINTMENT])
def test_what_is_found_in_an_item_does_not_depend_on_other_deliveries(
    message: MessageType,
) -> None:
    sides = [
        GOLDEN.items(message, changes, example.context)
        for rule, example in GOLDEN.by_rule.items()
        if message in RULES[rule].message_types and example.wrong_in == "test"
        for changes in (example.wrong, example.right)
    ]
    deliveries = [
        opened(items, message_type=message, received_at=RECEIVED_MS, sequence=number)
        for number, items in enumerate(sides, start=1)
    ]
    together = prepare(deliveries, CONTEXT)
    for delivery, found in zip(deliveries, together, strict=True):
        (alone,) = prepare([delivery], CONTEXT)
        assert isinstance(found, Prepared)
        assert isinstance(alone, Prepared)
        assert found.items == alone.items


@pytest.mark.parametrize("message", [MessageType.CONSULTATION, MessageType.APPOINTMENT])
def test_a_plain_item_has_no_findings(message: MessageType) -> None:
    (item,) = _judge(message, ({},), {})
    assert item.findings == ()
    assert item.cleaned["warnings"] == item.cleaned["set_aside"] == ()


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES.values() if rule.services], ids=lambda rule: rule.id
)
def test_a_rule_of_some_services_is_silent_for_the_others(rule: Rule) -> None:
    example = GOLDEN.by_rule[rule.id]
    for service in set(Service) - set(rule.services):
        for changes in example.wrong:
            elsewhere = ({**changes, "service": service.value},)
            (item,) = _judge(MessageType.CONSULTATION, elsewhere, example.context)
            assert rule.id not in item.findings


def test_growth_programme_and_breastfeeding_are_about_children_only() -> None:
    for rule in RULES.values():
        about_age = rule.id.endswith(("_AGAINST_AGE", "_FOR_AGE"))
        if about_age or rule.id.startswith(("PROGRAMME", "BREASTFEEDING")):
            allowed = {Service.HELSESTASJON_0_5, Service.SKOLEHELSETJENESTE}
            assert set(rule.services) <= allowed
            assert rule.services


def test_findings_stand_in_the_order_of_the_catalogue() -> None:
    wrong = {"weight_g": 1, "consultation_id": None, "sex": "8", "duration_minutes": 0}
    (item,) = _judge(MessageType.CONSULTATION, (wrong,), {})
    assert item.findings == (
        "CONSULTATION_ID_MISSING",
        "DURATION_UNUSUAL",
        "WEIGHT_UNIT_SLIP",
        "CODE_UNKNOWN_SEX",
    )


def test_a_value_that_was_set_aside_is_not_warned_about_as_well() -> None:
    (item,) = _judge(MessageType.CONSULTATION, ({"sex": "jente, tror vi"},), {})
    assert item.findings == ("CODE_UNUSABLE_SEX",)
    (item,) = _judge(MessageType.CONSULTATION, ({"birth_date": "2104-01-20"},), {})
    assert item.findings == ("BIRTH_DATE_IMPOSSIBLE",)


def test_a_delete_needs_only_an_id() -> None:
    for message, name in (("consultation", "consultation_id"), ("appointment", "appointment_id")):
        bare = {"operation": "delete", name: "x"}
        (found,) = prepare([opened([bare], message_type=message)], CONTEXT)
        assert isinstance(found, Prepared)
        assert found.items[0].findings == ()


def test_only_a_missing_identity_or_time_costs_an_item() -> None:
    rejecting = {rule.id for rule in RULES.values() if rule.severity is Severity.REJECT}
    assert rejecting == {
        "CONSULTATION_ID_MISSING",
        "APPOINTMENT_ID_MISSING",
        "CONSULTATION_ID_UNREADABLE",
        "APPOINTMENT_ID_UNREADABLE",
        "OPERATION_UNKNOWN",
        "ITEM_NOT_DECODED",
        "START_MISSING",
        "START_UNREADABLE",
        "START_IMPOSSIBLE",
    }


def test_ids_are_unique_and_texts_complete() -> None:
    rules = catalogue(REFERENCE)
    assert len(RULES) == len(rules)
    for rule in rules:
        texts = (rule.text_no, rule.text_en, rule.action.no, rule.action.en)
        assert all(text.endswith(".") and "  " not in text for text in texts)
        assert rule.action.who
        assert rule.pointer == f"/{rule.field}"
        for message in rule.message_types:
            assert rule in rules_for(message, REFERENCE)
            assert rule.field in schema(f"{message}_item").field_names


def test_rule_texts_for_a_receipt() -> None:
    (texts,) = rule_texts(["WEIGHT_IMPOSSIBLE"], REFERENCE)
    assert texts.rule == "WEIGHT_IMPOSSIBLE"
    assert texts.severity is Severity.SET_ASIDE
    assert texts.pointer == "/weight_g"
    with pytest.raises(KeyError):
        rule_texts(["NO_SUCH_RULE"], REFERENCE)


def test_a_municipality_of_the_items_own_is_not_held_against_the_deliverys_district() -> None:
    mine, both = consultation(1, municipality_code="1103"), consultation(2)
    (found,) = prepare([opened([mine, both], district_code="030101")], CONTEXT)
    assert isinstance(found, Prepared)
    assert [item.findings for item in found.items] == [(), ()]


def test_doubles_are_looked_for_inside_a_delivery_only() -> None:
    twice = [opened([consultation(1)], sequence=n) for n in (1, 2)]
    corrected = opened([consultation(1), consultation(1, operation="delete")], sequence=3)
    for found in prepare([*twice, corrected], CONTEXT):
        assert isinstance(found, Prepared)
        assert all(item.findings == () for item in found.items)


def test_a_visit_is_a_double_whatever_the_seconds_and_whoever_comes_with_it() -> None:
    one, other = consultation(1), consultation(1, consultation_id="k-9")
    other["start"] += timedelta(seconds=20)
    for more in ([], [consultation(2), consultation(2)]):
        (found,) = prepare([opened([one, other, *more])], CONTEXT)
        assert isinstance(found, Prepared)
        assert [i.findings for i in found.items[:2]] == [("VISIT_REPEATED_IN_DELIVERY",)] * 2


@pytest.mark.parametrize(
    ("start", "offset", "broken"),
    [
        ("2024-03-31T00:59:00Z", 60, False),
        ("2024-03-31T00:59:00Z", 120, True),
        ("2024-03-31T01:00:00Z", 120, False),
        ("2024-03-31T01:00:00Z", 60, True),
        ("2023-10-29T00:59:00Z", 120, False),  # the hour that comes twice, the first time
        ("2023-10-29T01:59:00Z", 60, False),  # and the second
        ("2023-10-29T01:59:00Z", 120, True),
        ("2023-10-29T01:59:00Z", 0, False),
        ("2023-10-29T01:59:00Z", -60, True),
        ("2023-10-29T01:59:00Z", 2_000_000_000, True),
    ],
)
def test_the_offset_is_that_of_the_moment_also_when_clocks_change(
    start: str,
    offset: int,
    broken: bool,  # noqa: FBT001 - an expectation
) -> None:
    bare: Fields = {"birth_date": None, "fnr": None, "weight_g": None, "length_mm": None}
    # Some starts are after the delivery: no attended visit is.
    changes = ({**bare, "attendance": "PLANLAGT", "start": start, "start_offset_minutes": offset},)
    (item,) = _judge(MessageType.CONSULTATION, changes, {})
    assert ("OFFSET_NOT_NORWEGIAN" in item.findings) == broken


def test_breastfeeding_is_judged_by_what_a_code_stands_for() -> None:
    old = GOLDEN.by_rule["BREASTFEEDING_AGAINST_AGE"].wrong[0]
    context = GOLDEN.by_rule["BREASTFEEDING_AGAINST_AGE"].context
    for code in (code for code, status in REFERENCE.breastfeeding.items() if status == "FULLT"):
        (item,) = _judge(MessageType.CONSULTATION, ({**old, "breastfeeding": code},), context)
        assert "BREASTFEEDING_AGAINST_AGE" in item.findings, code


def test_no_answer_about_breastfeeding_is_no_measure() -> None:
    absent: dict[str, Any] = {"attendance": "IKKE_MOTT", "weight_g": None, "length_mm": None}
    for code, broken in (("IKKE_SPURT", ()), ("FULLAMMET", ("MEASURED_WITHOUT_ATTENDANCE",))):
        (item,) = _judge(MessageType.CONSULTATION, ({**absent, "breastfeeding": code},), {})
        assert item.findings == broken


def test_an_h_number_that_lost_its_zero_is_the_same_person() -> None:
    bare = {"fnr": None, "person_local_id": None}
    numbers = ("09412400000", "9412400000")
    whole, lost = (
        _judge(MessageType.CONSULTATION, ({**bare, "h_number": number},), {})[0]
        for number in numbers
    )
    assert whole.person == lost.person
    assert whole.person is not None
    assert lost.findings == ("ID_LEADING_ZERO_LOST_H_NUMBER",)


def test_numbers_of_2032_in_texts_are_found_only_where_the_setting_says_so() -> None:
    newer = next(_numbers_of_2032(str(GOLDEN.plain[MessageType.CONSULTATION]["fnr"])[:6]))
    changes = ({"consultation_id": f"besok-{newer}"},)
    (today,) = _judge(MessageType.CONSULTATION, changes, {})
    assert today.findings == ()
    then = replace(CONTEXT, numbers_from_2032=True)
    (item,) = _judge(MessageType.CONSULTATION, changes, {}, then)
    assert item.findings == ("LOCAL_ID_HOLDS_NATIONAL_ID",)


def test_numbers_of_2032_are_valid_only_where_the_setting_says_so() -> None:
    plain = GOLDEN.plain[MessageType.CONSULTATION]
    newer = next(_numbers_of_2032(str(plain["fnr"])[:6]))
    changes: dict[str, Any] = {"fnr": newer, "sex": "2" if int(newer[8]) % 2 else "1"}
    (today,) = _judge(MessageType.CONSULTATION, (changes,), {})
    assert today.findings == ("NATIONAL_ID_INVALID",)
    then = replace(CONTEXT, numbers_from_2032=True)
    (item,) = _judge(MessageType.CONSULTATION, (changes,), {}, then)
    assert item.findings == ()  # and the sex is not read from the number
    assert item.person is not None
    assert item.person.number == newer
    other_day = changes | {"birth_date": "2024-01-21"}
    (item,) = _judge(MessageType.CONSULTATION, (other_day,), {}, then)
    assert item.findings == ("BIRTH_DATE_AGAINST_NUMBER",)


def _numbers_of_2032(birthday: str) -> Any:
    """Numbers whose first control digit is one to three above today's."""
    first = (3, 7, 6, 1, 8, 9, 4, 5, 2)
    second = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    for individual in range(500, 1000):
        nine = f"{birthday}{individual}"
        k1 = (2 - sum(w * int(d) for w, d in zip(first, nine, strict=True))) % 11
        ten = f"{nine}{k1}"
        k2 = -sum(w * int(d) for w, d in zip(second, ten, strict=False)) % 11
        if max(k1, k2) < 10:
            yield f"{ten}{k2}"


def test_a_number_from_1999_or_2000_is_read_in_its_century() -> None:
    for born in ("1999-12-31", "2000-01-01"):
        number = synthetic_id(date.fromisoformat(born))
        adult = {"service": "SVANGERSKAP_BARSEL", "programme_step": None, "birth_date": born}
        sex = {"sex": "1" if int(number[8]) % 2 else "2", "fnr": number}
        (item,) = _judge(MessageType.CONSULTATION, (adult | sex,), {})
        assert item.findings == ()
