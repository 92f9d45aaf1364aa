"""Compare rows with the simulator's truth, key by key.

Differences are named by field, never by value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from kpr_stream.keys.pseudonym import Pseudonyms
from kpr_stream.model.person_id import IdKind
from kpr_stream.model.words import MessageType


@dataclass(slots=True)
class Comparison:
    """How rows and truth differ."""

    compared: int = 0
    missing: int = 0
    """Keys the truth holds and the table does not."""
    extra: int = 0
    """Keys the table holds and the truth does not."""
    different: Counter[str] = field(default_factory=Counter)
    """Fields that differ, by message type and name."""

    @property
    def equal(self) -> bool:
        """Return whether every key and every compared field is the same."""
        return not (self.missing or self.extra or self.different)


Rows = Mapping[str, Mapping[str, Any]]
"""Rows by key as 32 hexadecimal digits."""


def compare(
    truth: Iterable[Mapping[str, Any]],
    rows: Mapping[MessageType, Rows],
    pseudonyms: Pseudonyms,
) -> Comparison:
    """Compare the simulator's truth with the rows of the tables."""
    found = Comparison()
    seen: set[str] = set()
    for line in truth:
        message_type = MessageType(line["message_type"])
        make = (
            pseudonyms.consultation_key
            if message_type is MessageType.CONSULTATION
            else pseudonyms.appointment_key
        )
        key = make(line["org_nr"], line["system"], line["local_id"]).hex()
        seen.add(key)
        row = rows[message_type].get(key)
        if row is None:
            found.missing += 1
            continue
        found.compared += 1
        for name in _different(line, row, pseudonyms):
            found.different[f"{message_type}.{name}"] += 1
    found.extra = sum(len(table.keys() - seen) for table in rows.values())
    return found


def _different(
    line: Mapping[str, Any], row: Mapping[str, Any], pseudonyms: Pseudonyms
) -> list[str]:
    differing = [name for name in ("status", "system", "org_nr") if row[name] != line[name]]
    if line["record"] is None:
        return differing + [n for n in ("date", "person_key") if row[n] is not None]
    differing += [n for n, value in line["record"].items() if _plain(row[n]) != value]
    if not set(line["warnings"]) <= set(row["warnings"] or ()):
        differing.append("warnings")
    if _plain(row["person_key"]) != _person_key(line, pseudonyms):
        differing.append("person_key")
    return differing


def _person_key(line: Mapping[str, Any], pseudonyms: Pseudonyms) -> str | None:
    person = line["person"]
    if person is None:
        return None
    kind = IdKind(person["kind"])
    if kind is IdKind.LOCAL:
        key = pseudonyms.local_person_key(line["org_nr"], line["system"], person["number"])
    else:
        key = pseudonyms.person_key(kind, person["number"])
    return key.hex()


def _plain(value: Any) -> Any:  # noqa: ANN401 - a column of any type
    if isinstance(value, date):
        return value.isoformat()
    return value.hex if isinstance(value, UUID) else value
