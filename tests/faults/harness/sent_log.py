"""What the load driver writes down: every delivery it produced, as the broker confirmed it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a delivery, as far as the checker must know it."""

    operation: str
    local_id: str
    content: str
    """Digest of everything that was sent of it, but for the operation."""
    witness: int | None
    """The weight of a consultation, different in every version: its cleaned record must have it."""
    rejected: bool
    """Whether it was made to be rejected."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One delivery. Offset and broker time are -1 until the broker has confirmed it."""

    system: str
    org_nr: str
    sequence: int
    attempt: int
    message_type: str
    extracted_at: int
    digest: str
    """Of the clear payload, as the envelope says it."""
    opens: bool
    """Whether its payload is what its envelope says."""
    items: tuple[Item, ...]
    partition: int = -1
    offset: int = -1
    received_at: int = -1


def write_book(path: Path, sent: Iterable[Sent]) -> None:
    """One line a delivery."""
    with path.open("w", encoding="utf-8") as lines:
        for one in sent:
            lines.write(json.dumps(asdict(one)) + "\n")
