"""The rule catalogue: every rule, in the order in which findings are reported.

Only an item that has no local id, no usable start or no known operation, or bytes that its contract
cannot hold, is rejected. An impossible value is set aside and reported, and the consultation counts
without it. Every other finding is a warning. The id of a rule never changes its meaning.
How to add a rule: CONTRIBUTING.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from kpr_stream.model.words import MessageType
from kpr_stream.reference import Reference
from kpr_stream.rules.coded import coded_rules
from kpr_stream.rules.feeding import feeding_rules
from kpr_stream.rules.item import item_rules
from kpr_stream.rules.measures import measure_rules
from kpr_stream.rules.person import person_rules
from kpr_stream.rules.place import place_rules
from kpr_stream.rules.rule import Rule, RuleTexts
from kpr_stream.rules.times import time_rules
from kpr_stream.rules.visit import visit_rules

RULE_SET_VERSION = "4"
"""Counted up when a rule is added, is withdrawn or changes what it accepts.

``tests/unit/rules/rule_set.json`` holds a digest of each rule of this version."""


@dataclass(frozen=True, slots=True)
class Theme:
    """A part of the catalogue: its heading in both languages, and its rules."""

    no: str
    en: str
    rules: tuple[Rule, ...]


@cache
def themes(reference: Reference) -> tuple[Theme, ...]:
    """The parts of the catalogue, in order."""
    return (
        Theme("Hendelsen", "The item", item_rules()),
        Theme("Når", "When", time_rules()),
        Theme("Personen", "The person", person_rules()),
        Theme("Stedet", "The place", place_rules(reference)),
        Theme("Konsultasjonen", "The consultation", visit_rules(reference)),
        Theme("Målingene", "The measurements", measure_rules()),
        Theme("Amming og barsel", "Breastfeeding and maternity", feeding_rules()),
        Theme("Kodene", "The codes", coded_rules(reference)),
    )


@cache
def catalogue(reference: Reference) -> tuple[Rule, ...]:
    """Every rule, in the order in which findings are reported."""
    return tuple(rule for theme in themes(reference) for rule in theme.rules)


@cache
def rules_for(message_type: MessageType, reference: Reference) -> tuple[Rule, ...]:
    """The rules for items of a message type, in the order of the catalogue."""
    return tuple(r for r in catalogue(reference) if message_type in r.message_types)


def rule_texts(ids: Iterable[str], reference: Reference) -> list[RuleTexts]:
    """The texts of rules for receipts, in the order of ``ids``.

    ``reference`` is the data that the items were judged by: texts name its codes. KeyError for an
    unknown id.
    """
    known = _texts(reference)
    return [known[rule_id] for rule_id in ids]


def make_texts(reference: Reference) -> None:
    """Build the texts for receipts in advance, which takes 0.1 s.

    Without this, the first receipt would wait for them.
    """
    _texts(reference)


@cache
def _texts(reference: Reference) -> Mapping[str, RuleTexts]:
    return {
        rule.id: RuleTexts(
            rule=rule.id,
            severity=rule.severity,
            pointer=rule.pointer,
            text_no=rule.text_no,
            text_en=rule.text_en,
            action_no=rule.action.no,
            action_en=rule.action.en,
        )
        for rule in catalogue(reference)
    }
