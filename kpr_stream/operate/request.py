"""An order: what is to be sent to which lane, by whom and why. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from stdnum.no import orgnr

from kpr_stream.errors import UsageError
from kpr_stream.model.command import CommandKind
from kpr_stream.model.identifiers import looks_like_an_id
from kpr_stream.model.partition import partition_of
from kpr_stream.model.topics import PARTITIONS
from kpr_stream.model.words import System
from kpr_stream.schemas import wire


@dataclass(frozen=True, slots=True)
class Who:
    """Who orders, and why: both stand in the log of acts for good."""

    account: str
    reason: str

    def __post_init__(self) -> None:
        if not (self.account.strip() and self.reason.strip()):
            raise UsageError(
                "An act needs an account and a reason.",
                what_to_do="Say why with --reason, in words.",
            )
        if looks_like_an_id(self.account) or looks_like_an_id(self.reason):
            raise UsageError(
                "The account or the reason holds what looks like a national id.",
                what_to_do="Say why without naming a person: the log is kept for good.",
            )


@dataclass(frozen=True, slots=True)
class Order:
    """One command to one lane."""

    command_id: str
    kind: CommandKind
    lane: int
    who: Who
    org_nr: str | None = None
    system: System | None = None
    arguments: Mapping[str, str] = field(default_factory=dict)
    consultation_key: str | None = None

    @property
    def key(self) -> bytes:
        """Record key: the unit, else the lane."""
        return (self.org_nr or str(self.lane)).encode()

    def to_value(self) -> bytes:
        """The record's value."""
        record: dict[str, Any] = {
            "command_id": self.command_id,
            "kind": self.kind.value,
            "issued_by": self.who.account,
            "reason": self.who.reason,
            "org_nr": self.org_nr,
            "system": self.system.value if self.system else None,
            "consultation_key": self.consultation_key,
            "arguments": dict(self.arguments),
        }
        return wire.encode("command", record)


def about_unit(
    command_id: str,
    kind: CommandKind,
    who: Who,
    *,
    org_nr: str,
    system: System,
    arguments: Mapping[str, str | None],
) -> Order:
    """An order about one unit and system, to the unit's lane; what is None is left out."""
    return Order(
        command_id,
        kind,
        partition_of(org_nr),
        who,
        org_nr,
        system,
        {name: text for name, text in arguments.items() if text is not None},
    )


def to_every_lane(
    command_id: str,
    kind: CommandKind,
    who: Who,
    *,
    system: System | None,
    arguments: Mapping[str, str],
) -> list[Order]:
    """The same order to all lanes; each answers for itself."""
    return [
        Order(command_id, kind, lane, who, system=system, arguments=arguments)
        for lane in range(PARTITIONS)
    ]


def person_key_called(text: str) -> str:
    """A person key as 32 hexadecimal digits, also where it is given as a uuid; UsageError if it
    is none."""
    return _key_called(
        text, "person key", "Copy it from identity.identity_link; never give a national id."
    )


def consultation_key_called(text: str) -> str:
    """The same of a consultation."""
    return _key_called(text, "consultation key", "Copy it from content.consultation.")


def quarantine_id_called(text: str) -> str:
    """The same of a quarantined item."""
    return _key_called(text, "quarantine id", "Copy it from `kpr-stream quarantine list`.")


def _key_called(text: str, what: str, what_to_do: str) -> str:
    # What is none is not quoted: it might be a person's number.
    try:
        return UUID(text).hex
    except ValueError:
        raise UsageError(f"A {what} is 32 hexadecimal digits.", what_to_do=what_to_do) from None


def unit_called(org_nr: str) -> str:
    """A unit's org number; UsageError if it is none. What is no such number is not quoted: it might
    be a person's."""
    if not (len(org_nr) == 9 and org_nr.isascii() and org_nr.isdigit()):
        raise UsageError(
            "A unit is named by its org number, nine digits.",
            what_to_do="Look it up in Enhetsregisteret (the sub-unit's).",
        )
    if not orgnr.is_valid(org_nr):
        raise UsageError(
            f"{org_nr} is no org number: its control digit is wrong.",
            what_to_do="Compare it with Enhetsregisteret (the sub-unit's).",
        )
    return org_nr


def day_called(text: str, option: str) -> str:
    """A date; UsageError names the option."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise UsageError(
            f"What {option} says is no date.", what_to_do="Write it as 2026-03-01."
        ) from None


def span_called(start: str, until: str | None, *, now_ms: int) -> tuple[int, int]:
    """A span of time in ms since 1970, to now where no end is given; UsageError if it is none, or
    if nothing that was can lie in it."""
    first = _moment_called(start, "--from")
    end = now_ms if until is None else _moment_called(until, "--to")
    if first >= min(end, now_ms):
        raise UsageError(
            f"--from is not before {'now' if end >= now_ms else '--to'}: nothing lies between.",
            what_to_do="Times are UTC unless they say otherwise, as 2026-03-01T06:00+01:00 does.",
        )
    return first, end


def _moment_called(text: str, option: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"What {option} says is no date or time.",
            what_to_do="Write it as 2026-03-01 or 2026-03-01T06:00.",
        ) from None
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(zoned.timestamp() * 1000)
