"""Make the parts of a receipt that come from the rules: pointers and texts. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from kpr_stream.reference import Reference
from kpr_stream.rules.catalogue import rule_texts


@cache
def pointer_of(reference: Reference, rule: str) -> str:
    """Return the JSON pointer to the field of a rule; KeyError for an unknown rule id."""
    return rule_texts((rule,), reference)[0].pointer


def texts_of(reference: Reference, found: Sequence[tuple[str, int]]) -> list[dict[str, Any]]:
    """Return the ``RuleText`` records of a receipt.

    ``found`` holds pairs of rule and number of items; the records are in its order. The texts
    are those of the reference data that the items were judged by.
    """
    texts_found = rule_texts([rule for rule, _ in found], reference)
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
        for texts, (_, items) in zip(texts_found, found, strict=True)
    ]
