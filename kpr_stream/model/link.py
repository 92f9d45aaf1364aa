"""Links: two person keys that may be of one person, and the evidence for it."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Evidence(StrEnum):
    """What a record on ``kpr.hst.identity-link`` rests on."""

    SAME_ITEM = "same_item"
    SAME_LOCAL_PERSON = "same_local_person"
    LOCAL_ID = "local_id"
    OPERATOR = "operator"


class Withdrawal(StrEnum):
    """Why a link is not live any more."""

    CORRECTED = "corrected"
    DELETED = "deleted"
    BIRTH_DATES = "birth_dates"
    OPERATOR = "operator"


class Pair(NamedTuple):
    """Two person keys, the lesser first: a link has no direction."""

    person: bytes
    other: bytes


def pair_of(one: bytes, other: bytes) -> Pair:
    """Return two different keys as a pair."""
    return Pair(min(one, other), max(one, other))
