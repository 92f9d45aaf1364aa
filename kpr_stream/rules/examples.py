"""The golden examples: for every rule, fields that break it and fields that do not.

They stand in ``examples.json``, all with synthetic ids; the vendors' page shows them, and a test
judges each by the rules themselves.
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
from kpr_stream.schemas.catalogue import schema

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Example:
    """Changes to the plain item, for each item of a delivery that breaks the rule or does not."""

    wrong: tuple[Fields, ...]
    right: tuple[Fields, ...]
    context: Fields = field(default_factory=dict)
    """Changes that both sides share."""
    wrong_in: str = "test"
    """The environment in which the first side is wrong; the other side is right in test."""


@dataclass(frozen=True, slots=True)
class Examples:
    """All of them, by rule, with the plain items and the time at which they are received."""

    received_at: datetime
    plain: Mapping[MessageType, Fields]
    by_rule: Mapping[str, Example]

    def items(
        self, message_type: MessageType, changes: tuple[Fields, ...], context: Fields
    ) -> list[dict[str, Any]]:
        """Items of a delivery, ready to be written with the item contract's schema; changes to
        fields that the message type does not have are left out."""
        known = set(schema(f"{message_type}_item").field_names)
        return [
            {
                name: _value(name, said)
                for name, said in {**self.plain[message_type], **context, **change}.items()
                if name in known
            }
            for change in changes
        ]


@cache
def examples() -> Examples:
    """The examples that are shipped with the rules."""
    found = json.loads((files("kpr_stream.rules") / "examples.json").read_text("utf-8"))
    return Examples(
        received_at=datetime.fromisoformat(found["received_at"]),
        plain={MessageType(name): fields for name, fields in found["plain"].items()},
        by_rule={rule: _example(said) for rule, said in found["rules"].items()},
    )


def _example(said: dict[str, Any]) -> Example:
    sides = {
        side: tuple(said[side]) if isinstance(said[side], list) else (said[side],)
        for side in ("wrong", "right")
    }
    return Example(**said | sides)


def _value(name: str, said: Any) -> Any:  # noqa: ANN401 - any value of an item
    if said is None or isinstance(said, list | int):
        return said
    if name == "start":
        return datetime.fromisoformat(said)
    return date.fromisoformat(said) if name.endswith("_date") else said
