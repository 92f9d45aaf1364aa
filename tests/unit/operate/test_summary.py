"""Lines for operators: times with their zone, one line for each command."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from kpr_stream.model.utc_time import utc_time
from kpr_stream.operate.summary import (
    describe_commands,
    describe_evidence,
    describe_unit,
)

AT = datetime(2026, 3, 1, 6, 5, tzinfo=UTC)
RESULT: dict[str, Any] = {
    "kind": "pause",
    "system": "eg-infodoc",
    "issued_by": "operator-1",
    "reason": "Summer",
    "status": "done",
    "code": None,
    "arguments": {},
    "carried_out_at": AT,
}
EVIDENCE = {
    "evidence": "local_id",
    "withdrawn": False,
    "withdrawn_because": None,
    "org_nr": "974760673",
    "system": "eg-infodoc",
    "changed_at": AT,
}
STATE = {
    "org_nr": "974760673",
    "system": "eg-infodoc",
    "software_version": None,
    "next_sequence": 1,
    "last_delivery_at": datetime(1970, 1, 1, tzinfo=UTC),
}


def result(**more: Any) -> dict[str, Any]:
    return RESULT | more


def test_a_time_is_shown_in_utc_and_names_the_zone() -> None:
    assert utc_time(AT.astimezone(timezone(timedelta(hours=2)))) == "2026-03-01T06:05:00Z"


def test_a_command_shows_its_system_and_why_it_was_refused() -> None:
    assert describe_commands([result(status="refused", code="BAD_ARGUMENT")]) == [
        "2026-03-01T06:05:00Z pause of eg-infodoc by operator-1: refused BAD_ARGUMENT; Summer"
    ]


def test_the_slices_of_a_command_are_one_line_and_a_dry_run_has_its_own() -> None:
    replay = {"kind": "replay", "system": None, "reason": "Rule set 13"}
    dry = result(**replay, arguments={"dry_run": "1"})
    lines = describe_commands([dry, dry, dry, result(**replay), result()])
    assert [line.partition("Z ")[2] for line in lines] == [
        "replay (dry run) by operator-1: done, 3 times; Rule set 13",
        "replay by operator-1: done; Rule set 13",
        "pause of eg-infodoc by operator-1: done; Summer",
    ]


def test_an_operators_decision_is_shown_once_and_is_no_evidence() -> None:
    operator = EVIDENCE | {"evidence": "operator", "org_nr": None, "system": None}
    gone = operator | {"withdrawn": True, "withdrawn_because": "operator"}
    assert [line.partition("Z ")[2] for line in describe_evidence([EVIDENCE, *[gone] * 8])] == [
        "local_id 974760673 eg-infodoc",
        "withdrawn by an operator",
    ]
    assert describe_evidence([operator] * 8) == ["2026-03-01T06:05:00Z withdrawal taken back"]


def test_a_unit_whose_deliveries_are_refused_shows_when_one_was_processed() -> None:
    earlier = AT - timedelta(hours=1)
    state = STATE | {"last_delivery_at": AT, "last_processed_at": earlier}
    assert describe_unit(state).endswith(
        "last delivery 2026-03-01T06:05:00Z, last processed 2026-03-01T05:05:00Z"
    )
    same = describe_unit(state | {"last_processed_at": AT})
    assert same.endswith("last delivery 2026-03-01T06:05:00Z")


def test_a_unit_that_has_only_an_agreement_has_not_delivered_in_1970() -> None:
    assert describe_unit(STATE) == "974760673 eg-infodoc: next sequence 1, last delivery never"
    since = STATE | {"software_version": "7.1", "last_delivery_at": AT}
    assert describe_unit(since).endswith(
        "eg-infodoc 7.1: next sequence 1, last delivery 2026-03-01T06:05:00Z"
    )
