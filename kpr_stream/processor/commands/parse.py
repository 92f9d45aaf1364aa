"""Reading a command: what is ordered, or why it cannot be carried out. Pure."""

from __future__ import annotations

import re
from typing import Any, Final

from kpr_stream.errors import WireFormatError
from kpr_stream.model.command import Command, CommandKind, CommandRefusal, CommandRefused
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.identifiers import looks_like_an_id
from kpr_stream.model.partition import partition_of
from kpr_stream.model.words import SYSTEMS
from kpr_stream.schemas import wire

LONGEST_TEXT: Final = 1_000
"""Of an account or a reason: both stand in the log of acts, which is kept for good."""
HIDDEN: Final = "(left out)"

_ORG_NR = re.compile(r"[0-9]{9}", re.ASCII)


def read_command(record: SourceRecord) -> tuple[Command, CommandRefused | None]:
    """The command as far as it can be read, and why it is refused, if it is.

    Nothing that looks like a person's id is passed on: the command then says ``HIDDEN`` there.
    """
    try:
        said = wire.decode("command", record.value or b"")
    except WireFormatError:
        nobody = Command(f"{record.partition}@{record.offset}", "", "", "", record)
        return nobody, CommandRefused(CommandRefusal.UNREADABLE)
    command = _command(said, record)
    return command, _fault(said, command)


def _command(said: dict[str, Any], record: SourceRecord) -> Command:
    return Command(
        command_id=said["command_id"][:LONGEST_TEXT],
        kind=said["kind"][:LONGEST_TEXT],
        issued_by=_harmless(said["issued_by"]),
        reason=_harmless(said["reason"]),
        source=record,
        org_nr=said["org_nr"],
        system=said["system"],
        consultation_key=said["consultation_key"],
        arguments=said["arguments"],
    )


def _fault(said: dict[str, Any], command: Command) -> CommandRefused | None:
    """The first that holds, from «what» over «who and why» to «about whom»."""
    org_nr = command.org_nr
    bad = CommandRefusal.BAD_ARGUMENT
    faults = {
        CommandRefused(CommandRefusal.UNKNOWN_KIND): command.kind not in list(CommandKind),
        CommandRefused(CommandRefusal.NOBODY): not command.issued_by.strip(),
        CommandRefused(CommandRefusal.NO_REASON): not command.reason.strip(),
        CommandRefused(CommandRefusal.HOLDS_AN_ID): looks_like_an_id(
            f"{said['issued_by']}\n{said['reason']}"
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


def _harmless(text: str) -> str:
    return HIDDEN if looks_like_an_id(text) else text[:LONGEST_TEXT]
