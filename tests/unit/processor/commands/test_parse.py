"""What is read of a command, and what is refused before anything is looked at."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kpr_stream.model.command import CommandKind, CommandRefusal
from kpr_stream.processor.commands.parse import HIDDEN, read_command
from tests.support.commands import command_record
from tests.support.deliveries import OTHER_ORG_NR


def code(**fields: Any) -> CommandRefusal | None:
    _, why_not = read_command(command_record(CommandKind.UNBLOCK, fields=fields))
    return why_not and why_not.code


def test_a_command_is_read_as_it_was_written() -> None:
    command, refused = read_command(command_record(CommandKind.UNBLOCK, 7, skip_to="12"))
    assert refused is None
    assert (command.kind, command.issued_by, command.number("skip_to")) == (
        CommandKind.UNBLOCK,
        "operator-1",
        12,
    )


@pytest.mark.parametrize("value", [None, b"", b"no command"])
def test_what_cannot_be_read_is_named_by_its_place(value: bytes | None) -> None:
    record = replace(command_record(CommandKind.UNBLOCK, 7), value=value)
    command, refused = read_command(record)
    assert refused == (CommandRefusal.UNREADABLE, None)
    assert command.command_id == f"{record.partition}@7"


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"kind": "redo"}, CommandRefusal.UNKNOWN_KIND),
        ({"issued_by": " "}, CommandRefusal.NOBODY),
        ({"reason": ""}, CommandRefusal.NO_REASON),
        ({"system": "unknown"}, CommandRefusal.BAD_ARGUMENT),
        ({"org_nr": "12"}, CommandRefusal.BAD_ARGUMENT),
        ({"org_nr": "٩٧٤٧٦٠٦٧٣"}, CommandRefusal.BAD_ARGUMENT),
    ],
)
def test_who_why_and_about_what_must_be_said(fields: Any, refused: CommandRefusal) -> None:
    assert code(**fields) is refused


@pytest.mark.parametrize(("field", "value"), [("system", "unknown"), ("org_nr", "12")])
def test_a_field_that_cannot_be_is_named_and_not_quoted(field: str, value: str) -> None:
    _, why_not = read_command(command_record(CommandKind.UNBLOCK, fields={field: value}))
    assert why_not is not None
    assert field in (why_not.detail or "")
    assert value not in (why_not.detail or "")


def test_a_command_about_a_unit_of_another_lane_is_refused() -> None:
    lane = command_record(CommandKind.UNBLOCK).partition
    record = command_record(CommandKind.UNBLOCK, org_nr=OTHER_ORG_NR, lane=lane)
    assert read_command(record)[1] == (CommandRefusal.WRONG_LANE, None)


@pytest.mark.parametrize("text", ["for 21891012345", "for 218910 12345", "21891012345x"])
@pytest.mark.parametrize("field", ["reason", "issued_by"])
def test_what_looks_like_an_id_is_refused_and_repeated_nowhere(field: str, text: str) -> None:
    record = command_record(CommandKind.UNBLOCK, fields={field: text})
    command, refused = read_command(record)
    assert refused == (CommandRefusal.HOLDS_AN_ID, None)
    assert getattr(command, field) == HIDDEN


@pytest.mark.parametrize("field", ["command_id", "kind", "org_nr", "system"])
def test_an_id_in_another_field_is_repeated_nowhere(field: str) -> None:
    person = "21891012345"
    command, refused = read_command(
        command_record(CommandKind.UNBLOCK, fields={field: person}, offset=7)
    )
    assert person not in repr(replace(command, source=None))  # type: ignore[arg-type]
    assert refused or command.command_id.endswith("@7")


def test_a_uuid_with_digits_like_an_id_is_kept() -> None:
    uuid = "0b0f6c1e-0000-4000-8000-218910123450"
    command, _ = read_command(command_record(CommandKind.UNBLOCK, fields={"command_id": uuid}))
    assert command.command_id == uuid
