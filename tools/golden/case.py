"""A golden case: records that a unit sends in order, and what the receiver answers to each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from kpr_stream.model.words import Cause, Note, Outcome, ReceiptStatus, System


class Need(StrEnum):
    """What a receiver must be for a case, besides new to its unit."""

    AGREEMENT = "agreement"
    """It requires agreements (`KPR_REQUIRE_AGREEMENT`), and has none for the unit."""
    ADMISSION = "admission"
    """It takes only admitted releases of the system (`KPR_CERTIFIED_SYSTEMS`): not this one."""
    LARGE_RECORDS = "large_records"
    """Its broker takes records that are larger than the register's."""
    FAULT = "fault"
    """Its code fails at the delivery. No bytes cause this on purpose."""
    OPERATOR = "operator"
    """An operator replays the rejected items after the last record, with rules that accept them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One record, and what the case expects of its receipt. The rest is the pipeline's."""

    system: System
    partition: int
    key: bytes
    value: bytes | None = field(repr=False)
    zeros: int = 0
    """Zero bytes after the value: a record that is too large is not stored in full."""
    status: ReceiptStatus
    cause: Cause | None = None
    notes: tuple[Note, ...] = ()
    outcomes: Mapping[Outcome, int] = field(default_factory=dict)
    parts: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A story of one unit. ``needs``: None if any receiver answers so."""

    name: str
    shows: str
    sent: Sequence[Sent]
    needs: Need | None = None
    replayed: Mapping[Outcome, int] = field(default_factory=dict)
    """Outcomes of the receipt that follows when an operator replays."""
