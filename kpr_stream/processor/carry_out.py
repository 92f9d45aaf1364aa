"""Carry out: what a command does in its lane, in order with deliveries. Pure.

Nothing is written here. A command that cannot be carried out is refused whole, with a code, and
its answer stands on ``kpr.hst.command-result`` as any other: with who ordered it and why.
"""

from __future__ import annotations

from kpr_stream.errors import ContractError
from kpr_stream.model.command import (
    Command,
    CommandKind,
    CommandRefusal,
    ResultStatus,
    bad_argument,
)
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.release import ReleaseState, release_key
from kpr_stream.model.topics import COMMAND_RESULT, RELEASE
from kpr_stream.model.unit import UnitState, unit_key
from kpr_stream.model.words import System
from kpr_stream.processor.command_release import change_release
from kpr_stream.processor.command_unit import change_unit
from kpr_stream.processor.effects import Effects, refused
from kpr_stream.processor.emit import Emitter, read_unit
from kpr_stream.processor.gate import read_release
from kpr_stream.processor.overlay import Overlay
from kpr_stream.processor.remember import entries_of, unit_entry_key
from kpr_stream.processor.remember_acts import release_entry_key, result_entry_key
from kpr_stream.schemas import wire
from kpr_stream.schemas.header import LedgerHeader

_UNIT = (CommandKind.UNBLOCK, CommandKind.PAUSE, CommandKind.RESUME, CommandKind.AGREE)
_RELEASE = (CommandKind.STOP_RELEASE, CommandKind.RESUME_RELEASE)


def carried_out_before(command: Command, overlay: Overlay) -> bool:
    """Whether this lane has answered the command already: a tool sent it twice."""
    return overlay.get(result_entry_key(command.command_id)) is not None


def carry_out(command: Command, overlay: Overlay) -> Effects:
    """What the command does. Raises nothing that a command could cause."""
    try:
        if command.kind in _UNIT:
            return _unit(command, overlay)
        if command.kind in _RELEASE:
            return _release(command, overlay)
    except ContractError as error:
        return refused(CommandRefusal(error.code))
    return Effects(ResultStatus.DONE)


def outputs_of(
    command: Command, effects: Effects, emitter: Emitter, overlay: Overlay
) -> list[OutputRecord]:
    """The records that a command leaves, its result last; ``overlay`` remembers them."""
    source = command.source
    header = LedgerHeader(source.topic_index, source.offset)
    outputs = list(effects.outputs)
    if effects.unit is not None:
        outputs.append(emitter.unit(source, effects.unit))
    if effects.release is not None:
        release = effects.release
        key = release_key(release.system, release.software_version)
        value = wire.encode("release", release.to_record())
        outputs.append(OutputRecord(RELEASE, key, value, header, source.received_at))
    outputs.append(_result(command, effects, emitter, header))
    for output in outputs:
        puts = entries_of(output.topic, output.key, output.value, output.header, known=overlay.get)
        overlay.put(puts)
    return outputs


def _unit(command: Command, overlay: Overlay) -> Effects:
    org_nr, system = command.org_nr, command.system
    if org_nr is None or system is None:
        raise bad_argument("org_nr and system", "given")
    known = overlay.get(unit_entry_key(unit_key(org_nr, System(system))))
    if known is None and command.kind != CommandKind.AGREE:
        return refused(CommandRefusal.UNKNOWN_UNIT)
    state = read_unit(known) if known else UnitState(org_nr, System(system))
    return change_unit(command, state)


def _release(command: Command, overlay: Overlay) -> Effects:
    if command.system is None:
        raise bad_argument("system", "given")
    system, version = System(command.system), command.text("software_version")
    known = overlay.get(release_entry_key(release_key(system, version)))
    return change_release(command, read_release(known) if known else ReleaseState(system, version))


def _result(
    command: Command, effects: Effects, emitter: Emitter, header: LedgerHeader
) -> OutputRecord:
    source = command.source
    record = {
        "command_id": command.command_id,
        "kind": command.kind,
        "issued_by": command.issued_by,
        "reason": command.reason,
        "org_nr": command.org_nr,
        "system": command.system,
        "arguments": dict(command.arguments or {}),
        "status": effects.status.value,
        "code": effects.code.value if effects.code else None,
        "counts": dict(effects.counts),
        "lane": source.partition,
        "source_offset": source.offset,
        "carried_out_at": source.received_at,
        "rights_offset": emitter.rights.offset,
        "rule_set_version": emitter.versions.rule_set,
    }
    return OutputRecord(
        COMMAND_RESULT,
        command.command_id.encode(),
        wire.encode("command_result", record),
        header,
        source.received_at,
    )
