"""Parse a command record: what is asked for, or why it is refused. Pure."""

from __future__ import annotations

import re
from typing import Any, Final

from kpr_stream.errors import WireFormatError
from kpr_stream.model.command import Command, CommandKind, CommandRefusal, CommandRefused
from kpr_stream.model.delivery import SourceRecord, is_delivery_id
from kpr_stream.model.identifiers import looks_like_an_id
from kpr_stream.model.limits import COMMAND_LETTERS
from kpr_stream.model.partition import partition_of
from kpr_stream.model.words import SYSTEMS
from kpr_stream.schemas import wire

HIDDEN: Final = "(left out)"

_ORG_NR = re.compile(r"[0-9]{9}", re.ASCII)


def read_command(record: SourceRecord) -> tuple[Command, CommandRefused | None]:
    """The command as far as it can be read, and why it is refused, if it is.

    A text that looks like a person's id is replaced by ``HIDDEN``.
    """
    try:
        raw = wire.decode("command", record.value or b"")
    except WireFormatError:
        nobody = Command(
            command_id=_position(record),
            kind="",
            issued_by="",
            reason="",
            source=record,
        )
        return nobody, CommandRefused(CommandRefusal.UNREADABLE)
    command = _command(raw, record)
    return command, _fault(raw, command)


def _command(raw: dict[str, Any], record: SourceRecord) -> Command:
    return Command(
        command_id=_id_of(raw["command_id"], record),
        kind=_harmless(raw["kind"]),
        issued_by=_harmless(raw["issued_by"]),
        reason=_harmless(raw["reason"]),
        source=record,
        org_nr=raw["org_nr"] and _harmless(raw["org_nr"]),
        system=raw["system"] and _harmless(raw["system"]),
        consultation_key=raw["consultation_key"],
        arguments=raw["arguments"],
    )


def _fault(raw: dict[str, Any], command: Command) -> CommandRefused | None:
    """The first fault found: the kind first, then account and reason, then system and unit."""
    org_nr = command.org_nr
    bad = CommandRefusal.BAD_ARGUMENT
    faults = {
        CommandRefused(CommandRefusal.UNKNOWN_KIND): command.kind not in list(CommandKind),
        CommandRefused(CommandRefusal.NOBODY): not command.issued_by.strip(),
        CommandRefused(CommandRefusal.NO_REASON): not command.reason.strip(),
        CommandRefused(CommandRefusal.HOLDS_AN_ID): looks_like_an_id(
            f"{raw['issued_by']}\n{raw['reason']}"
        ),
        CommandRefused(bad, "The field system is not an EPJ system."): (
            command.system or SYSTEMS[0]
        )
        not in SYSTEMS,
        CommandRefused(bad, "The field org_nr is not nine digits."): not (
            org_nr is None or _ORG_NR.fullmatch(org_nr)
        ),
    }
    found = next((why for why, holds in faults.items() if holds), None)
    if found is None and org_nr and partition_of(org_nr) != command.source.partition:
        return CommandRefused(CommandRefusal.WRONG_LANE)
    return found


def _id_of(text: str, record: SourceRecord) -> str:
    """Return the id of a command: a UUID may have digits like a person's id, any other may not."""
    if not is_delivery_id(text) and looks_like_an_id(text):
        return _position(record)
    return text[:COMMAND_LETTERS]


def _position(record: SourceRecord) -> str:
    return f"{record.partition}@{record.offset}"


def _harmless(text: str) -> str:
    return HIDDEN if looks_like_an_id(text) else text[:COMMAND_LETTERS]
