"""Write how a connector that follows a folder is doing as log lines, for a service."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from kpr_stream.connectors.export.left_out import LeftOut
    from kpr_stream.connectors.run import Progress
    from kpr_stream.connectors.watch import HeldUnit, Status
    from kpr_stream.errors import KprError

log: Final = logging.getLogger("kpr_stream.connect")


def logged_progress() -> Progress:
    """Return a progress that logs: a line a minute, and what is new at once."""
    from kpr_stream.connectors.run import Progress

    return Progress(
        on_bad_file=_bad_file,
        on_left_out=_left_out,
        on_status=_status,
        on_held=_held,
        on_gap=_gap,
    )


def _bad_file(error: KprError) -> None:
    log.error("%s %s", error.message, error.what_to_do, extra=_fields(event="bad_file"))


def _left_out(one: LeftOut) -> None:
    log.warning(
        *("%s %s", one.message, one.what_to_do),
        extra=_fields(event="left_out", part=one.part.value),
    )


def _gap(text: str) -> None:
    log.warning("%s", text, extra=_fields(event="gap"))


def _held(unit: HeldUnit) -> None:
    log.error(
        "Unit %s is held at sequence %s: %s. %s",
        *(unit.org_nr, unit.sequence, unit.cause, unit.what_to_do),
        extra=_fields(event="held", org_nr=unit.org_nr, sequence=unit.sequence, reason=unit.reason),
    )


def _status(status: Status) -> None:
    numbers = {
        "files": status.files,
        "answered": status.answered,
        "unanswered": status.unanswered,
        "held": status.held,
    }
    log.info(
        "%s files read, %s deliveries answered, %s wait for an answer, %s units held.",
        *numbers.values(),
        extra=_fields(event="status", **numbers),
    )
    if status.trouble is not None:
        log.warning(
            *("Waiting: %s %s", status.trouble.message, status.trouble.what_to_do),
            extra=_fields(event="waiting"),
        )


def _fields(**fields: object) -> dict[str, object]:
    return {"fields": fields}
