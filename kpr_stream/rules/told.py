"""Rules as a receipt tells them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from kpr_stream.rules.catalogue import rule_texts


@cache
def pointer_of(rule: str) -> str:
    """JSON pointer to the field a rule looks at; KeyError for an id that is no rule."""
    return rule_texts((rule,))[0].pointer


def texts_of(found: Sequence[tuple[str, int]]) -> list[dict[str, Any]]:
    """``RuleText`` records of a receipt, for (rule, number of items) in the order given."""
    return [
        {
            "rule": told.rule,
            "severity": told.severity.value,
            "items": items,
            "text_no": told.text_no,
            "text_en": told.text_en,
            "action_no": told.action_no,
            "action_en": told.action_en,
        }
        for told, (_, items) in zip(rule_texts([rule for rule, _ in found]), found, strict=True)
    ]
