"""Agreements, and releases that are stopped: who is refused, and who does not notice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.model import topics
from kpr_stream.model.command import CommandKind
from kpr_stream.model.release import ReleaseLimits, ReleaseState
from kpr_stream.model.unit import UnitState
from kpr_stream.model.words import Cause, Outcome, System
from kpr_stream.processor.decide.unit_of_work import admitted_until
from kpr_stream.processor.intake.admission import AdmissionPolicy, refusal
from kpr_stream.processor.state.overlay import Overlay
from tests.support.commands import command_record
from tests.support.deliveries import NOW_MS, ORG_NR, consultation, source_record
from tests.support.receiver import Receiver

SYSTEM = System.VISMA_HSPRO
RECEIPTS = topics.receipt_topic(SYSTEM)
LIMITS = ReleaseLimits(share=0.5, share_from=6, consecutive=4, window=20)
GOING = ReleaseState(system=SYSTEM, software_version="1.0")
BAD = {"consultation_id": None}
TODAY = date(2024, 3, 5)
"""The day of NOW_MS."""


def receiver() -> Receiver:
    made = Receiver()
    made.emitter = replace(made.emitter, policy=AdmissionPolicy(release_limits=LIMITS))
    return made


def send(to: Receiver, sequence: int, *items: dict[str, Any], **more: Any) -> str:
    to.take(source_record(items, sequence=sequence, offset=sequence, **more))
    receipt = to.read(RECEIPTS, "receipt")[-1]
    return str(receipt["reason"] or receipt["status"])


@pytest.mark.parametrize(("in_test", "answer"), [(True, "processed"), (False, "INVALID_ORG_NR")])
def test_a_synthetic_unit_reports_in_test_only(*, in_test: bool, answer: str) -> None:
    to = Receiver()
    to.emitter = replace(to.emitter, policy=AdmissionPolicy(synthetic_units=in_test))
    assert send(to, 1, consultation(), org_nr="310478717") == answer


def bad(number: int) -> list[dict[str, Any]]:
    return [consultation(n, **BAD) for n in range(number)]


def never_asked() -> date:
    raise AssertionError("the answer does not depend on an admission: it costs a look-up")


@pytest.mark.parametrize(
    ("start", "end", "refused"),
    [
        (date(2024, 3, 5), None, None),
        (date(2024, 3, 6), None, Cause.NO_AGREEMENT),
        (date(2024, 1, 1), date(2024, 3, 5), None),
        (date(2024, 1, 1), date(2024, 3, 4), Cause.NO_AGREEMENT),
    ],
)
def test_an_agreement_holds_on_its_first_and_last_day(
    start: date, end: date | None, refused: Cause | None
) -> None:
    unit = UnitState(org_nr=ORG_NR, system=SYSTEM, agreed_from=start, agreed_to=end)
    found = refusal(unit, GOING, AdmissionPolicy(), at=NOW_MS, admitted_until=never_asked)
    assert found is refused


@pytest.mark.parametrize(("required", "refused"), [(False, None), (True, Cause.NO_AGREEMENT)])
def test_a_unit_without_an_agreement_is_taken_unless_one_is_required(
    *, required: bool, refused: Cause | None
) -> None:
    assert (
        refusal(
            UnitState(org_nr=ORG_NR, system=SYSTEM),
            GOING,
            AdmissionPolicy(agreement_required=required),
            at=NOW_MS,
            admitted_until=never_asked,
        )
        is refused
    )


def test_a_stopped_release_blocks_its_units_and_a_new_version_goes_on_at_once() -> None:
    to = receiver()
    assert send(to, 1, *bad(3)) == "processed"
    assert send(to, 2, *bad(1)) == "processed"
    assert send(to, 3, consultation(1)) == "RELEASE_STOPPED"
    assert send(to, 3, consultation(1), software_version="1.1") == "processed"
    states = {s["software_version"]: s for s in to.read(topics.RELEASE, "release")}
    assert (states["1.0"]["stopped_by"], states["1.1"]["stopped_by"]) == ("CONSECUTIVE", None)


def test_what_was_rejected_before_the_stop_is_in_quarantine_and_nothing_after_it() -> None:
    to = receiver()
    send(to, 1, *bad(9))
    send(to, 2, *bad(9))
    assert len(to.read(topics.QUARANTINE, "quarantined_item")) == 9


def test_a_release_that_is_let_go_on_takes_the_same_delivery() -> None:
    to = receiver()
    send(to, 1, *bad(4))
    assert send(to, 2, consultation(1)) == "RELEASE_STOPPED"
    to.order(command_record(CommandKind.RESUME_RELEASE, software_version="1.0"))
    assert send(to, 2, consultation(1)) == "processed"


def certified() -> Receiver:
    made = Receiver()
    policy = AdmissionPolicy(certified_systems=frozenset({SYSTEM}))
    made.emitter = replace(made.emitter, policy=policy)
    return made


def admit(to: Receiver, until: date, offset: int = 0, **more: Any) -> Any:
    arguments: dict[str, Any] = {
        "software_version": "1.0",
        "valid_until": until.isoformat(),
        "certificate": "ab",
    }
    return to.order(command_record(CommandKind.ADMIT_RELEASE, offset, **arguments | more))


def test_a_certified_system_sends_with_admitted_releases_only() -> None:
    to = certified()
    assert send(to, 1, consultation(1)) == "RELEASE_NOT_ADMITTED"
    assert admit(to, TODAY)["status"] == "done"
    assert send(to, 1, consultation(1)) == "processed"
    assert send(to, 2, consultation(2), software_version="1.1") == "RELEASE_NOT_ADMITTED"
    other = System.EG_INFODOC
    to.take(source_record([consultation(5)], system=other))
    assert to.read(topics.receipt_topic(other), "receipt")[-1]["status"] == "processed"


@pytest.mark.parametrize(
    ("last_day", "refused"),
    [(TODAY, None), (TODAY - timedelta(days=1), Cause.RELEASE_NOT_ADMITTED)],
)
def test_an_admission_holds_on_its_last_day_and_a_stop_comes_first(
    last_day: date, refused: Cause | None
) -> None:
    policy = AdmissionPolicy(certified_systems=frozenset({SYSTEM}))
    unit = UnitState(org_nr=ORG_NR, system=SYSTEM)
    found = refusal(unit, GOING, policy, at=NOW_MS, admitted_until=lambda: last_day)
    assert found is refused
    stopped = GOING.stop("OPERATOR", at=NOW_MS)
    found = refusal(unit, stopped, policy, at=NOW_MS, admitted_until=never_asked)
    assert found is Cause.RELEASE_STOPPED


def test_a_ledger_that_is_rebuilt_knows_the_latest_admission() -> None:
    to = certified()
    later = TODAY + timedelta(days=30)
    assert admit(to, later)["status"] == "done"
    assert admit(to, TODAY, 1)["status"] == "unchanged"
    live = {key: value for key, value in to.ledger.entries.items() if key[:1] != b"o"}
    assert to.rebuilt() == live
    overlay = Overlay(to.ledger)
    assert admitted_until(overlay, SYSTEM, "1.0") == later
    assert admitted_until(overlay, System.EG_INFODOC, "1.0") is None


@pytest.mark.parametrize(
    ("changes", "argument"),
    [
        ({"valid_until": "2024-03-04"}, "valid_until"),
        ({"valid_until": ""}, "valid_until"),
        ({"certificate": ""}, "certificate"),
        ({"software_version": ""}, "software_version"),
    ],
)
def test_an_admission_without_its_arguments_is_refused(
    changes: dict[str, Any], argument: str
) -> None:
    to = certified()
    answer = admit(to, TODAY, **changes)
    assert (answer["status"], answer["code"]) == ("refused", "BAD_ARGUMENT")
    assert f"argument {argument} " in answer["detail"]
    assert send(to, 1, consultation(1)) == "RELEASE_NOT_ADMITTED"


def test_another_system_with_the_same_version_does_not_notice() -> None:
    to = receiver()
    send(to, 1, *bad(4))
    other = System.EG_INFODOC
    to.take(source_record([consultation(5)], system=other))
    assert to.read(topics.receipt_topic(other), "receipt")[-1]["status"] == "processed"


@given(st.lists(st.booleans(), max_size=60))
def test_a_release_is_stopped_just_where_a_limit_is_passed(rejected: list[bool]) -> None:
    outcomes = [Outcome.REJECTED if bad_one else Outcome.ACCEPTED for bad_one in rejected]
    wide = ReleaseLimits(share=0.5, share_from=6, consecutive=4, window=1_000)
    passed = False
    for upto in range(1, len(rejected) + 1):
        so_far = rejected[:upto]
        passed |= len(so_far) >= 6 and sum(so_far) * 2 > len(so_far)
        passed |= len(so_far) >= 4 and all(so_far[-4:])
    assert GOING.judged(outcomes, wide, at=NOW_MS).stopped is passed


@given(st.lists(st.booleans(), max_size=80), st.integers(0, 80))
def test_how_items_are_divided_into_deliveries_makes_no_difference(
    rejected: list[bool], cut: int
) -> None:
    outcomes = [Outcome.REJECTED if one else Outcome.STALE for one in rejected]
    at_once = GOING.judged(outcomes, LIMITS, at=1)
    assert GOING.judged(outcomes[:cut], LIMITS, at=1).judged(outcomes[cut:], LIMITS, at=1) == (
        at_once
    )


def test_a_good_past_does_not_cover_for_ever() -> None:
    past = GOING.judged([Outcome.ACCEPTED] * 500, LIMITS, at=1)
    mixed = [Outcome.REJECTED, Outcome.REJECTED, Outcome.REJECTED, Outcome.ACCEPTED]
    assert past.judged(mixed * 10, LIMITS, at=2).stopped_by == "SHARE"
