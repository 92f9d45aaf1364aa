"""A command as an operator requests it: what, for which lane, and why. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kpr_stream.errors import UsageError
from kpr_stream.model.command import CommandKind
from kpr_stream.model.identifiers import looks_like_an_id
from kpr_stream.model.partition import partition_of
from kpr_stream.model.topics import PARTITIONS
from kpr_stream.model.words import System
from kpr_stream.schemas import wire


@dataclass(frozen=True, slots=True)
class Requester:
    """Who requests a command, and why. The audit log keeps both permanently."""

    account: str
    reason: str

    def __post_init__(self) -> None:
        if not (self.account.strip() and self.reason.strip()):
            raise UsageError(
                "A command needs an account and a reason.",
                what_to_do="Give the reason with --reason, in words.",
            )
        if looks_like_an_id(self.account) or looks_like_an_id(self.reason):
            raise UsageError(
                "The account or the reason contains what looks like a national id.",
                what_to_do="Give a reason that names no person: the audit log keeps it "
                "permanently.",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRequest:
    """One command for one lane."""

    command_id: str
    kind: CommandKind
    lane: int
    requester: Requester
    org_nr: str | None = None
    system: System | None = None
    arguments: Mapping[str, str] = field(default_factory=dict)
    consultation_key: str | None = None

    @property
    def key(self) -> bytes:
        """Key of the record: the unit, else the lane."""
        return (self.org_nr or str(self.lane)).encode()

    def to_value(self) -> bytes:
        """Encode the value of the record."""
        record: dict[str, Any] = {
            "command_id": self.command_id,
            "kind": self.kind.value,
            "issued_by": self.requester.account,
            "reason": self.requester.reason,
            "org_nr": self.org_nr,
            "system": self.system.value if self.system else None,
            "consultation_key": self.consultation_key,
            "arguments": dict(self.arguments),
        }
        return wire.encode("command", record)


def for_unit(
    command_id: str,
    kind: CommandKind,
    requester: Requester,
    *,
    org_nr: str,
    system: System,
    arguments: Mapping[str, str | None],
) -> CommandRequest:
    """Request a command about one unit and system, of the unit's lane.

    Arguments that are None are left out.
    """
    return CommandRequest(
        command_id=command_id,
        kind=kind,
        lane=partition_of(org_nr),
        requester=requester,
        org_nr=org_nr,
        system=system,
        arguments={name: text for name, text in arguments.items() if text is not None},
    )


def for_every_lane(
    command_id: str,
    kind: CommandKind,
    requester: Requester,
    *,
    system: System | None,
    arguments: Mapping[str, str],
) -> list[CommandRequest]:
    """Request the same command of all lanes; each lane answers for itself."""
    return [
        CommandRequest(
            command_id=command_id,
            kind=kind,
            lane=lane,
            requester=requester,
            system=system,
            arguments=arguments,
        )
        for lane in range(PARTITIONS)
    ]
