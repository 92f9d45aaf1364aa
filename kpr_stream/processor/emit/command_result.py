"""The result of a command, as its lane records it: who ordered what, why, and the answer. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from kpr_stream.model import topics
from kpr_stream.model.command import Command, CommandRefusal, ResultStatus
from kpr_stream.model.header import LedgerHeader
from kpr_stream.model.output import OutputRecord
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.schemas import wire


def result_record(
    emitter: Emitter,
    command: Command,
    *,
    status: ResultStatus,
    code: CommandRefusal | None,
    detail: str | None,
    counts: Mapping[str, int],
) -> OutputRecord:
    """Return the answer to a command; ``code`` and ``detail`` say why it was refused."""
    source = command.source
    record = {
        "command_id": command.command_id,
        "kind": command.kind,
        "issued_by": command.issued_by,
        "reason": command.reason,
        "org_nr": command.org_nr,
        "system": command.system,
        "arguments": dict(command.arguments or {}),
        "status": status.value,
        "code": code.value if code else None,
        "detail": detail,
        "counts": dict(counts),
        "lane": source.partition,
        "source_offset": source.offset,
        "carried_out_at": source.received_at,
        "rights_offset": emitter.rights.offset,
        "rule_set_version": emitter.versions.rule_set,
    }
    return OutputRecord(
        topics.COMMAND_RESULT,
        command.command_id.encode(),
        wire.encode("command_result", record),
        LedgerHeader.caused_by(source),
        source.received_at,
    )
