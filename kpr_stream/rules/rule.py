"""What a rule is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from kpr_stream.model.words import MessageType, Service, Severity

CONSULTATION = (MessageType.CONSULTATION,)
APPOINTMENT = (MessageType.APPOINTMENT,)
BOTH = (MessageType.CONSULTATION, MessageType.APPOINTMENT)

CHILDREN = (Service.HELSESTASJON_0_5,)
CHILDREN_AND_PUPILS = (Service.HELSESTASJON_0_5, Service.SKOLEHELSETJENESTE)
PUPILS = (Service.SKOLEHELSETJENESTE,)

LOCAL_ID_HOLDS_NATIONAL_ID = "LOCAL_ID_HOLDS_NATIONAL_ID"
APPOINTMENT_ID_HOLDS_NATIONAL_ID = "APPOINTMENT_ID_HOLDS_NATIONAL_ID"
HIDES_LOCAL_ID = frozenset({LOCAL_ID_HOLDS_NATIONAL_ID, APPOINTMENT_ID_HOLDS_NATIONAL_ID})
"""The findings after which a receipt must not repeat the item's local id."""


class Who(StrEnum):
    """Who does something about a finding."""

    EPJ_VENDOR = "epj_vendor"
    HEALTH_STATION = "health_station"
    FHI = "fhi"


@dataclass(frozen=True, slots=True)
class Action:
    """What to do about a finding, and who does it."""

    who: tuple[Who, ...]
    no: str
    en: str


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One rule. ``check`` is true where an item is fine; null counts as fine."""

    id: str
    severity: Severity
    field: str
    """The contract field it looks at."""
    text_no: str
    text_en: str
    action: Action
    check: pl.Expr
    """Over the contract's columns (dates in days, times in microseconds) and the facts that
    ``kpr_stream.processor.frame.facts`` adds, whose names start with an underscore."""
    message_types: tuple[MessageType, ...] = CONSULTATION
    services: tuple[Service, ...] = ()
    """Only items that name one of these services are judged. Empty: every item."""
    watches: str = ""
    """A column: where it is null throughout the rule cannot be broken. Empty: the field."""
    only_after: str = ""
    """Id of another rule: this one can only be broken where that one is."""
    depends_on: tuple[str, ...] = ()
    """Other fields that it follows from: a warning is not told where one of them was set aside."""
    upserts_only: bool = True
    """A delete needs nothing but an id: most rules leave it alone."""
    since: str = "1"
    """Version of the rule set it came in."""

    @property
    def pointer(self) -> str:
        """JSON pointer (RFC 6901) to the field in the item."""
        return f"/{self.field}"


@dataclass(frozen=True, slots=True)
class RuleTexts:
    """What a receipt says about a rule."""

    rule: str
    severity: Severity
    pointer: str
    text_no: str
    text_en: str
    action_no: str
    action_en: str
