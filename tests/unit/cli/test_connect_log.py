"""A connector's log lines as a service: the level, the words, and the fields of each event."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from kpr_stream.cli.connect_log import log, logged_progress
from kpr_stream.errors import BrokerError, ExportError

AWAY = BrokerError("Kafka is away.", what_to_do="Wait.")
BAD = ExportError("The file is no JSON.", what_to_do="Export it again.")


def logged(caplog: pytest.LogCaptureFixture, event: str, given: Any) -> list[tuple[Any, ...]]:
    """Return level, message and fields of what an event logs."""
    caplog.set_level("INFO", logger=log.name)
    getattr(logged_progress(), event)(given)
    return [(one.levelname, one.getMessage(), vars(one)["fields"]) for one in caplog.records]


def test_a_bad_file_and_a_gap_are_logged_with_their_event(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert logged(caplog, "on_bad_file", BAD) == [
        ("ERROR", "The file is no JSON. Export it again.", {"event": "bad_file"})
    ]
    caplog.clear()
    assert logged(caplog, "on_gap", "100 % of May is missing.") == [
        ("WARNING", "100 % of May is missing.", {"event": "gap"})
    ]


def test_what_is_left_out_names_its_part(caplog: pytest.LogCaptureFixture) -> None:
    part = SimpleNamespace(value="item")
    one = SimpleNamespace(message="No id.", what_to_do="Give it one.", part=part)
    assert logged(caplog, "on_left_out", one) == [
        ("WARNING", "No id. Give it one.", {"event": "left_out", "part": "item"})
    ]


def test_a_held_unit_is_an_error_with_unit_sequence_and_reason(
    caplog: pytest.LogCaptureFixture,
) -> None:
    unit = SimpleNamespace(
        org_nr="974760673",
        sequence=4,
        reason="NO_AGREEMENT",
        cause="it has no agreement",
        what_to_do="Agree.",
    )
    ((level, message, fields),) = logged(caplog, "on_held", unit)
    assert level == "ERROR"
    assert message == "Unit 974760673 is held at sequence 4: it has no agreement. Agree."
    assert fields == {
        "event": "held",
        "org_nr": "974760673",
        "sequence": 4,
        "reason": "NO_AGREEMENT",
    }


@pytest.mark.parametrize("trouble", [None, AWAY])
def test_a_status_has_its_numbers_as_fields_and_a_trouble_is_a_line_of_its_own(
    caplog: pytest.LogCaptureFixture, trouble: BrokerError | None
) -> None:
    status = SimpleNamespace(files=1, answered=2, unanswered=3, held=4, trouble=trouble)
    first, *more = logged(caplog, "on_status", status)
    numbers = {"files": 1, "answered": 2, "unanswered": 3, "held": 4}
    assert first[0] == "INFO"
    assert first[1].startswith("1 files read, 2 deliveries answered, 3 wait")
    assert first[2] == {"event": "status", **numbers}
    waiting = ("WARNING", "Waiting: Kafka is away. Wait.", {"event": "waiting"})
    assert more == ([] if trouble is None else [waiting])
