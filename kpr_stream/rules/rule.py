"""What a rule is: its id, severity, field, texts, action and check."""

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

NOT_DECODED = "<not decoded>"
"""Entry in an item's ``unreadable`` that the receiver adds to an item with bytes that its contract
cannot hold. No field has such a name. A replay from quarantine sees it too."""

LOCAL_ID_HOLDS_NATIONAL_ID = "LOCAL_ID_HOLDS_NATIONAL_ID"
APPOINTMENT_ID_HOLDS_NATIONAL_ID = "APPOINTMENT_ID_HOLDS_NATIONAL_ID"
LOCAL_ID_TOO_LONG = "LOCAL_ID_TOO_LONG"
APPOINTMENT_ID_TOO_LONG = "APPOINTMENT_ID_TOO_LONG"
HIDES_LOCAL_ID = frozenset(
    {
        LOCAL_ID_HOLDS_NATIONAL_ID,
        APPOINTMENT_ID_HOLDS_NATIONAL_ID,
        LOCAL_ID_TOO_LONG,
        APPOINTMENT_ID_TOO_LONG,
    }
)
"""The findings after which a receipt must not repeat the item's local id."""


class Responsible(StrEnum):
    """Parties that act on a finding."""

    EPJ_VENDOR = "epj_vendor"
    HEALTH_STATION = "health_station"
    FHI = "fhi"


@dataclass(frozen=True, slots=True)
class Action:
    """What to do about a finding, in both languages, and the parties that do it."""

    who: tuple[Responsible, ...]
    no: str
    en: str


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One rule. ``check`` is true where an item follows the rule; null counts as true."""

    id: str
    severity: Severity
    field: str
    """The contract field that the rule is about."""
    text_no: str
    text_en: str
    action: Action
    check: pl.Expr
    """An expression over the contract's columns (dates in days, times in microseconds) and over
    the facts that the frame stage adds. The names of facts start with an underscore."""
    message_types: tuple[MessageType, ...] = CONSULTATION
    services: tuple[Service, ...] = ()
    """The rule judges only items of these services. Empty: every item."""
    watches: str = ""
    """A column. If it is null in every item of a frame, no item can break the rule, and the check
    is not evaluated. Empty: the field."""
    only_after: str = ""
    """Id of another rule: only items that break that rule can break this one."""
    depends_on: tuple[str, ...] = ()
    """Other fields that the finding follows from, beyond those that the check reads
    (``reads.fields_read``). A warning is silent for an item in which one of them is rejected, set
    aside or unreadable: one cause gives one finding."""
    about_unreadable: bool = False
    """Whether the rule reports that its field cannot be read. Every other rule of such a field is
    silent."""
    upserts_only: bool = True
    """Whether deletes are left out. A delete needs only an id, so most rules do not judge it."""
    since: str = "1"
    """Version of the rule set that introduced the rule."""

    @property
    def pointer(self) -> str:
        """The JSON pointer (RFC 6901) to the field in the item."""
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
