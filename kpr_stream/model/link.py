"""Links between person keys: two that seem to be of one person. Withdrawable, never transitive.

A link is told apart from a merge: it changes no person key, no natural key and no record of a
consultation. Whoever counts persons decides whether to follow it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Evidence(StrEnum):
    """What a link rests on."""

    SAME_ITEM = "same_item"  # one item named both ids
    SAME_LOCAL_PERSON = (
        "same_local_person"  # one EPJ's own person had first the one, then the other
    )
    OPERATOR = "operator"  # restored by command


class Withdrawal(StrEnum):
    """Why a link no longer stands."""

    EVIDENCE_GONE = "evidence_gone"  # the item was corrected or deleted
    BIRTH_DATES = "birth_dates"  # the two are now known to be born on different days
    OPERATOR = "operator"  # by command: no evidence brings it back


class Pair(NamedTuple):
    """The two keys of a link, in the order in which it was found."""

    person: bytes
    other: bytes

    @property
    def turned(self) -> Pair:
        """The same two, the other way round."""
        return Pair(self.other, self.person)
