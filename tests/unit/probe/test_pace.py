"""When a hello is due, and which receipts answer it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.probe.pace import AGAIN_S, EVERY_S, LATE_S, Pace


def pace() -> Pace:
    ids: Iterator[str] = map(str, range(1000))
    return Pace(lambda: next(ids))


def receipt(hello_id: str, **more: Any) -> dict[str, Any]:
    return {
        "delivery_id": hello_id,
        "status": "hello",
        "reason": None,
        "expected_sequence": 1,
        **more,
    }


def test_a_hello_is_due_every_minute_if_the_last_was_answered() -> None:
    one = pace()
    assert one.due(100.0) is not None
    one.confirmed()
    answer = one.answered(receipt("0"), 100.2)
    assert answer is not None
    assert answer.latency_s == pytest.approx(0.2)
    assert answer.refused is None
    assert one.due(100.0 + EVERY_S - 0.1) is None
    second = one.due(100.0 + EVERY_S)
    assert second is not None
    assert (second.hello_id, second.attempt) == ("1", 1)


def test_while_one_is_unanswered_no_other_is_sent_and_its_latency_is_the_whole_wait() -> None:
    one = pace()
    one.due(0.0)
    one.confirmed()
    assert [one.due(at) for at in (1.0, EVERY_S, 10 * EVERY_S)] == [None] * 3
    answer = one.answered(receipt("0"), 10 * EVERY_S)
    assert answer is not None
    assert answer.latency_s == 10 * EVERY_S
    following = one.due(10 * EVERY_S)
    assert following is not None
    assert following.hello_id == "1"


def test_an_attempt_that_was_not_confirmed_is_sent_again_with_the_same_id() -> None:
    one = pace()
    one.due(0.0)
    again = one.due(7.0)
    assert again is not None
    assert (again.hello_id, again.attempt, again.began) == ("0", 2, 0.0)


def test_after_an_hour_and_after_a_lost_log_the_same_hello_is_sent_again() -> None:
    one = pace()
    one.due(0.0)
    one.confirmed()
    again = one.due(AGAIN_S)
    assert again is not None
    assert (again.hello_id, again.attempt) == ("0", 2)
    one.confirmed()
    assert one.due(AGAIN_S + 1) is None
    one.lost()
    once_more = one.due(AGAIN_S + 2)
    assert once_more is not None
    assert (once_more.hello_id, once_more.attempt) == ("0", 3)


def test_after_an_outage_the_next_hello_is_due_at_once() -> None:
    one = pace()
    one.due(0.0)
    one.confirmed()
    one.hurry()
    assert one.due(1.0) is None, "the last one is still unanswered"
    one.answered(receipt("0"), 2.0)
    assert one.due(2.0) is not None


def test_the_receipt_of_another_delivery_answers_nothing() -> None:
    one = pace()
    assert one.answered(receipt("0"), 0.0) is None
    one.due(0.0)
    assert one.answered(receipt("of another"), 1.0) is None
    assert one.answered(receipt("0"), 1.0) is not None
    assert one.answered(receipt("0"), 2.0) is None, "answered twice"


def test_a_refused_hello_is_answered_with_its_reason() -> None:
    one = pace()
    one.due(0.0)
    refused = receipt("0", status="refused", reason="INVALID_ORG_NR", expected_sequence=0)
    answer = one.answered(refused, 1.0)
    assert answer is not None
    assert answer.refused == "INVALID_ORG_NR"


def test_an_answer_is_late_after_some_seconds() -> None:
    one = pace()
    assert one.late_s(5.0) is None
    one.due(0.0)
    assert one.late_s(LATE_S) is None
    assert one.late_s(LATE_S + 1) == LATE_S + 1


STEPS = st.lists(
    st.sampled_from(["due", "confirmed", "answered", "lost", "hurry", "wait"]), max_size=60
)


@given(STEPS)
def test_never_two_ids_without_an_answer(steps: list[str]) -> None:
    one, now, unanswered = pace(), 0.0, set[str]()
    for step in steps:
        if step == "due":
            hello = one.due(now)
            unanswered |= {hello.hello_id} if hello else set()
        elif step == "answered" and unanswered:
            found = unanswered.pop()
            assert one.answered(receipt(found), now) is not None
        elif step == "wait":
            now += EVERY_S
        elif step in ("confirmed", "lost", "hurry"):
            getattr(one, step)()
        assert len(unanswered) <= 1
