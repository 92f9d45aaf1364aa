"""Make the parts of a receipt that come from the rules: pointers and texts. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from kpr_stream.rules.catalogue import rule_texts


@cache
def pointer_of(rule: str) -> str:
    """Return the JSON pointer to the field of a rule; KeyError for an unknown rule id."""
    return rule_texts((rule,))[0].pointer


def texts_of(found: Sequence[tuple[str, int]]) -> list[dict[str, Any]]:
    """Return the ``RuleText`` records of a receipt.

    ``found`` holds pairs of rule and number of items; the records are in its order.
    """
    return [
        {
            "rule": texts.rule,
            "severity": texts.severity.value,
            "items": items,
            "text_no": texts.text_no,
            "text_en": texts.text_en,
            "action_no": texts.action_no,
            "action_en": texts.action_en,
        }
        for texts, (_, items) in zip(rule_texts([rule for rule, _ in found]), found, strict=True)
    ]
