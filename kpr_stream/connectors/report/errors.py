"""Query the open errors of items: what the receiver found in versions that are still current."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from kpr_stream.model.words import Severity

NO_TEXT: Final[dict[str, Any]] = {
    "severity": Severity.WARN.value,
    **dict.fromkeys(("text_en", "text_no", "action_en", "action_no"), ""),
}
"""For a rule whose text no receipt held: a receipt explains its 100 most frequent rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenError:
    """One finding of one item. ``place`` points to the item in its file, ``field`` in the item.

    Holds no value of an item and no id. ``since`` in ms since 1970.
    """

    org_nr: str
    file: str
    place: str
    field: str
    rule: str
    severity: str
    outcome: str
    since: int
    text_en: str
    text_no: str
    action_en: str
    action_no: str


def open_errors(outbox: sqlite3.Connection, *, warnings: bool = False) -> Iterator[OpenError]:
    """Yield the open errors in the order of unit and time; with ``warnings``, these too."""
    texts = {rule: json.loads(text) for rule, text in outbox.execute("SELECT * FROM rule_text")}
    for org_nr, file, place, field, rule, outcome, since in outbox.execute(_ERRORS):
        text = texts.get(rule, NO_TEXT)
        if warnings or text["severity"] != Severity.WARN:
            yield OpenError(
                org_nr=org_nr,
                file=file,
                place=place,
                field=field,
                rule=rule,
                outcome=outcome,
                since=since,
                **{name: text[name] for name in NO_TEXT},
            )


_ERRORS = """
SELECT org_nr, file, place, pointer, rule, outcome, since
FROM open_error ORDER BY org_nr, since, rowid
"""
