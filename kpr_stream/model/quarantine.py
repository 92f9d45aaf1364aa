"""The states of a quarantined item."""

from __future__ import annotations

from enum import StrEnum


class ItemState(StrEnum):
    """What became of a rejected item. Every state but ``open`` is final."""

    OPEN = "open"
    REPLAYED = "replayed"  # judged again by the rules of the day, and accepted
    DISCARDED = "discarded"  # an operator decided that nothing follows
    CLOSED = "closed"  # the unit sent the item again: accepted, or open under a newer rejection
