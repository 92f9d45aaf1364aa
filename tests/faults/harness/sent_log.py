"""Log every delivery that the load driver has sent, as the broker confirmed it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SentItem:
    """What the checker must know of one item of a delivery."""

    operation: str
    local_id: str
    content: str
    """Digest of all that was sent in the item, except for the operation."""
    witness: int | None
    """A consultation's weight, different in every version, which its cleaned record must have."""
    rejected: bool
    """Whether the item is meant to be rejected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentDelivery:
    """One delivery. Offset and broker time are -1 until the broker has confirmed it."""

    system: str
    org_nr: str
    sequence: int
    attempt: int
    message_type: str
    extracted_at: int
    digest: str
    """Digest of the clear payload, as claimed in the envelope."""
    opens: bool
    """Whether the payload matches its envelope, so that the delivery is not refused."""
    items: tuple[SentItem, ...]
    delivery_id: str = ""
    partition: int = -1
    offset: int = -1
    """Position in all topics of this name: a topic made again follows the one before it."""
    base: int = 0
    """The position at which this delivery's topic begins; its offset there is the difference."""
    received_at: int = -1
    gone: bool = False
    """Whether its topic was deleted since."""


def write_sent_log(path: Path, sent: Iterable[SentDelivery]) -> None:
    """Write the log as JSON, one line for each delivery."""
    with path.open("w", encoding="utf-8") as lines:
        for one in sent:
            lines.write(json.dumps(asdict(one)) + "\n")
