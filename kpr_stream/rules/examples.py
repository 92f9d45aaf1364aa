"""The golden examples: for every rule, fields that break it and fields that pass.

The examples are in ``examples.json``. All their ids are synthetic. The vendors' pages show them,
and a test judges each of them by the rules.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from kpr_stream.model.words import MessageType
from kpr_stream.schemas.contract import item_schema

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Example:
    """Changes to the plain item: one delivery that breaks the rule, one that passes.

    Each side has one entry for each item of the delivery.
    """

    wrong: tuple[Fields, ...]
    right: tuple[Fields, ...]
    context: Fields = field(default_factory=dict)
    """Changes that apply to both sides."""
    wrong_in: str = "test"
    """The environment in which ``wrong`` breaks the rule. ``right`` is always for test."""


@dataclass(frozen=True, slots=True)
class Examples:
    """All examples by rule, the plain items, and the time of receiving them."""

    received_at: datetime
    plain: Mapping[MessageType, Fields]
    by_rule: Mapping[str, Example]

    def items(
        self, message_type: MessageType, changes: tuple[Fields, ...], context: Fields
    ) -> list[dict[str, Any]]:
        """The items of a delivery, as values for the item contract's schema.

        Changes to fields that the message type does not have are left out.
        """
        known = set(item_schema(message_type).field_names)
        return [
            {
                name: _value(name, raw)
                for name, raw in {**self.plain[message_type], **context, **change}.items()
                if name in known
            }
            for change in changes
        ]


@cache
def examples() -> Examples:
    """The examples that the package contains."""
    found = json.loads((files("kpr_stream.rules") / "examples.json").read_text("utf-8"))
    return Examples(
        received_at=datetime.fromisoformat(found["received_at"]),
        plain={MessageType(name): fields for name, fields in found["plain"].items()},
        by_rule={rule: _example(raw) for rule, raw in found["rules"].items()},
    )


def _example(raw: dict[str, Any]) -> Example:
    sides = {
        side: tuple(raw[side]) if isinstance(raw[side], list) else (raw[side],)
        for side in ("wrong", "right")
    }
    return Example(**raw | sides)


def _value(name: str, raw: Any) -> Any:  # noqa: ANN401 - any value of an item
    if raw is None or isinstance(raw, list | int):
        return raw
    if name == "start":
        return datetime.fromisoformat(raw)
    return date.fromisoformat(raw) if name.endswith("_date") else raw
