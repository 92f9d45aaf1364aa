"""Lines for operators: with a time zone, what it is about, and once what was ordered once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from kpr_stream.operate.summary import moment, told_acts, told_evidence, told_unit

AT = datetime(2026, 3, 1, 6, 5, tzinfo=UTC)
ACT: dict[str, Any] = {
    "kind": "pause",
    "system": "eg-infodoc",
    "issued_by": "operator-1",
    "reason": "Summer",
    "status": "done",
    "code": None,
    "arguments": {},
    "carried_out_at": AT,
}
SAID = {
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


def act(**more: Any) -> dict[str, Any]:
    return ACT | more


def test_a_time_is_told_in_utc_and_says_so() -> None:
    assert moment(AT.astimezone(timezone(timedelta(hours=2)))) == "2026-03-01 06:05 UTC"


def test_an_act_says_what_it_was_about_and_why_it_was_refused() -> None:
    assert told_acts([act(status="refused", code="BAD_ARGUMENT")]) == [
        "2026-03-01 06:05 UTC pause of eg-infodoc by operator-1: refused BAD_ARGUMENT; Summer"
    ]


def test_the_slices_of_an_order_are_one_act_and_a_dry_run_is_told_apart() -> None:
    replay = {"kind": "replay", "system": None, "reason": "Rule set 13"}
    dry = act(**replay, arguments={"dry_run": "1"})
    told = told_acts([dry, dry, dry, act(**replay), act()])
    assert [line.partition("UTC ")[2] for line in told] == [
        "replay (dry run) by operator-1: done, 3 times; Rule set 13",
        "replay by operator-1: done; Rule set 13",
        "pause of eg-infodoc by operator-1: done; Summer",
    ]


def test_an_operators_word_is_told_once_and_is_no_evidence() -> None:
    operator = SAID | {"evidence": "operator", "org_nr": None, "system": None}
    gone = operator | {"withdrawn": True, "withdrawn_because": "operator"}
    assert [line.partition("UTC ")[2] for line in told_evidence([SAID, *[gone] * 8])] == [
        "local_id 974760673 eg-infodoc",
        "withdrawn by an operator",
    ]
    assert told_evidence([operator] * 8) == ["2026-03-01 06:05 UTC withdrawal taken back"]


def test_a_unit_that_has_only_an_agreement_has_not_delivered_in_1970() -> None:
    assert told_unit(STATE) == "974760673 eg-infodoc: next sequence 1, nothing delivered yet"
    since = STATE | {"software_version": "7.1", "last_delivery_at": AT}
    assert told_unit(since).endswith(
        "eg-infodoc 7.1: next sequence 1, last delivery 2026-03-01 06:05 UTC"
    )
