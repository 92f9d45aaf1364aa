"""What waits for the end of a week of birth, against a plain model."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.projector.hold import Held, Shown
from kpr_stream.projector.project import WEEK, Projected

RECORD = st.builds(
    Projected,
    key=st.sampled_from([b"a", b"b", b"c"]),
    value=st.sampled_from([b"1", b"2", None]),
    from_day=st.none() | st.integers(0, 20),
).map(lambda one: one if one.value is not None else Projected(one.key, None))
STEP = st.lists(RECORD, max_size=4) | st.integers(1, 20)
"""Records that are taken, or a day that begins."""


def test_a_record_of_the_running_week_waits_and_comes_once() -> None:
    held = Held(10)
    assert held.take([Projected(b"k", b"v", 14)]) == []
    assert held.release(13) == []
    assert held.release(14) == [(b"k", b"v")]
    assert held.release(15) == []


def test_a_deletion_waits_with_what_it_deletes() -> None:
    held = Held(10)
    assert held.take([Projected(b"k", b"v", 14), Projected(b"k", None)]) == []
    assert held.release(14) == [(b"k", None)]


def test_a_correction_to_a_visit_after_the_week_replaces_what_waits() -> None:
    held = Held(10)
    assert held.take([Projected(b"k", b"v", 14), Projected(b"k", b"w")]) == [(b"k", b"w")]
    assert held.release(20) == []


def test_the_order_of_a_release_is_not_that_of_arrival() -> None:
    held = Held(10)
    held.take([Projected(key, b"v", 14) for key in (b"c", b"a", b"b")])
    assert [key for key, _ in held.release(14)] == [b"a", b"b", b"c"]


@given(st.lists(STEP))
def test_in_the_end_the_last_record_of_each_key_is_shown(
    steps: list[list[Projected] | int],
) -> None:
    held, day = Held(0), 0
    log: list[Shown] = []
    last: dict[bytes, bytes | None] = {}
    for step in steps:
        if isinstance(step, int):
            day = max(day, step)
            log += held.release(day)
        else:
            log += held.take(step)
            last |= {one.key: one.value for one in step}
    log += held.release(day + 100)
    assert dict(log) == last


@given(st.lists(STEP), st.integers(0, 8))
def test_a_restart_reads_back_what_was_held(steps: list[list[Projected] | int], cut: int) -> None:
    """From any records that include all that may be held, with the committed day."""
    held, day = Held(0), 0
    taken: list[Projected] = []
    for step in steps:
        if isinstance(step, int):
            day = max(day, step)
            held.release(day)
        else:
            held.take(step)
            taken += step
    needed = [n for n, one in enumerate(taken) if one.from_day is not None and one.from_day > day]
    again = Held(day)
    again.take(taken[max(0, min(needed, default=len(taken)) - cut) :])
    assert again.waiting == held.waiting


def test_a_week_has_seven_days() -> None:
    assert WEEK == 7
