"""No finding follows from another: every pair of rules, judged together."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from kpr_stream.model.delivery import Prepared, PreparedItem
from kpr_stream.model.words import MessageType, Severity
from kpr_stream.processor.frame.prepare import FrameContext, prepare
from kpr_stream.reference import load_reference
from kpr_stream.rules.catalogue import catalogue
from kpr_stream.rules.examples import examples
from kpr_stream.rules.reads import FACT_FIELDS, fields_read
from kpr_stream.rules.rule import Rule
from kpr_stream.schemas.contract import ID_FIELDS, item_schema
from tests.support.deliveries import opened

CONTEXT = FrameContext(synthetic_ids=True, reference=load_reference())
RULES = catalogue(load_reference())
GOLDEN = examples()
RECEIVED_MS = int(GOLDEN.received_at.timestamp() * 1000)
CAUSES = [rule for rule in RULES if rule.severity is not Severity.WARN]
_OF_PRODUCTION = "production"


def _judged(
    message: MessageType, items: list[list[dict[str, Any]]], *, synthetic: bool = True
) -> list[list[PreparedItem]]:
    deliveries = [
        opened(one, message_type=message, received_at=RECEIVED_MS, sequence=number)
        for number, one in enumerate(items, start=1)
    ]
    found = prepare(deliveries, replace(CONTEXT, synthetic_ids=synthetic))
    judged = [one for one in found if isinstance(one, Prepared)]
    assert len(judged) == len(items)
    return [list(one.items) for one in judged]


def _both_wrong(message: MessageType, cause: Rule, other: Rule) -> list[dict[str, Any]]:
    """Items that break both rules, as far as their examples allow; the cause's values win."""
    first, second = GOLDEN.by_rule[cause.id], GOLDEN.by_rule[other.id]
    changes = tuple({**one, **first.wrong[0]} for one in second.wrong)
    return GOLDEN.items(message, changes, {**second.context, **first.context})


@cache
def _pairs(cause_id: str, message: MessageType) -> list[list[PreparedItem]]:
    """Return the judged items of a rule with every other: two tests look at them."""
    (cause,) = (rule for rule in CAUSES if rule.id == cause_id)
    others = [rule for rule in RULES if message in rule.message_types and rule is not cause]
    pairs = [_both_wrong(message, cause, other) for other in others]
    return _judged(message, pairs, synthetic=GOLDEN.by_rule[cause_id].wrong_in != _OF_PRODUCTION)


@pytest.mark.parametrize("cause", CAUSES, ids=lambda rule: rule.id)
def test_nothing_that_follows_from_a_value_is_reported_beside_it(cause: Rule) -> None:
    for message in cause.message_types:
        for items in _pairs(cause.id, message):
            for item in items:
                if cause.id in item.findings:
                    _assert_nothing_follows(cause, item, ID_FIELDS[message])


def _assert_nothing_follows(cause: Rule, item: PreparedItem, id_field: str) -> None:
    for rule in RULES:
        if rule.id in item.findings and rule is not cause and rule.severity is Severity.WARN:
            assert cause.field not in fields_read(rule, id_field), (cause.id, rule.id)
        if rule.id in item.findings and rule is not cause and not rule.about_unreadable:
            assert cause.field != rule.field, (cause.id, rule.id)


@pytest.mark.parametrize("message", [MessageType.CONSULTATION, MessageType.APPOINTMENT])
def test_nothing_follows_from_a_value_that_cannot_be_read(message: MessageType) -> None:
    rules = [rule for rule in RULES if message in rule.message_types]
    schema = item_schema(message)
    nullable = [f["name"] for f in schema.parsed["fields"] if "null" in str(f["type"])]
    for field in nullable:
        wrong = {field: None, "unreadable": [field]}
        pairs = [
            GOLDEN.items(
                message,
                tuple({**one, **wrong} for one in GOLDEN.by_rule[rule.id].wrong),
                GOLDEN.by_rule[rule.id].context,
            )
            for rule in rules
        ]
        for items in _judged(message, pairs):
            for item in items:
                _assert_reported_once(field, item, ID_FIELDS[message])


def _assert_reported_once(field: str, item: PreparedItem, id_field: str) -> None:
    found = [rule for rule in RULES if rule.id in item.findings]
    if "OPERATION_UNKNOWN" in item.findings or "DELETE_NOT_CONFIRMED" in item.findings:
        return
    about = [r for r in found if r.about_unreadable and r.field in {field, "unreadable"}]
    assert len(about) == 1, (field, item.findings)
    for rule in found:
        if rule not in about:
            assert field not in fields_read(rule, id_field) or rule.severity is not Severity.WARN
            assert field != rule.field, (field, rule.id)


def test_the_pairs_do_break_their_rules() -> None:
    """Without this, the tests above would hold for examples that break nothing."""
    for cause in CAUSES:
        if GOLDEN.by_rule[cause.id].wrong_in == _OF_PRODUCTION:
            continue
        pairs = _pairs(cause.id, cause.message_types[0])
        broken = [item for items in pairs for item in items if cause.id in item.findings]
        assert len(broken) >= len(pairs) // 2, cause.id


def test_an_unreadable_link_to_an_appointment_hides_no_repeat_of_a_consultation() -> None:
    """Only the item's own id is its local id: a consultation also has the id of its appointment."""
    lost = {"appointment_id": None, "unreadable": ["appointment_id"]}
    for rule_id in ("VISIT_REPEATED_IN_DELIVERY", "ID_REPEATED_IN_DELIVERY"):
        golden = GOLDEN.by_rule[rule_id]
        wrong = tuple({**one, **lost} for one in golden.wrong)
        items = GOLDEN.items(MessageType.CONSULTATION, wrong, golden.context)
        (found,) = _judged(MessageType.CONSULTATION, [items])
        assert all(rule_id in item.findings for item in found), rule_id


def test_every_fact_that_a_rule_reads_is_traced_to_its_fields() -> None:
    known = {
        name
        for m in (MessageType.CONSULTATION, MessageType.APPOINTMENT)
        for name in item_schema(m).field_names
    }
    for rule in RULES:
        for message in rule.message_types:
            read_by = fields_read(rule, ID_FIELDS[message])
            assert read_by <= known
            assert rule.field in read_by
    read = {name for rule in RULES for name in rule.check.meta.root_names()}
    assert {name for name in FACT_FIELDS if name not in read} <= {"_received_at"}
