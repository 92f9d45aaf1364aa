"""The comparison of work reports what grows faster than its input, and nothing else."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz import targets, work


def squared(length: int) -> None:
    for _ in range(length):
        sum(range(length * 8))


def linear(length: int) -> None:
    for _ in range(length):
        sum(range(20_000))


def test_work_with_the_square_of_the_length_is_reported() -> None:
    with pytest.raises(work.TooMuchWork):
        work.require_linear(partial(squared, 300), partial(squared, 300 * work.LENGTHENED))


def test_linear_work_is_not_reported() -> None:
    work.require_linear(partial(linear, 20), partial(linear, 20 * work.LENGTHENED))


@given(st.binary(min_size=2, max_size=300))
def test_an_input_becomes_sixteen_times_as_long_and_keeps_its_first_byte(data: bytes) -> None:
    found = work.longer(data)
    assert found[0] == data[0]
    assert abs(len(found) - work.LENGTHENED * len(data)) <= 64 + work.LENGTHENED


@pytest.mark.parametrize("name", list(targets.TARGETS))
def test_the_work_for_a_seed_is_linear(name: str) -> None:
    mine = [data for target, data in targets.seeds() if target == name]
    for data in (mine[0], mine[len(mine) // 2], mine[-1]):
        targets.with_work_compared(name)(data)


def test_the_work_for_long_digits_in_every_text_is_linear() -> None:
    targets.with_work_compared("rules")(bytes([0, 1]) + bytes([2, 0, 255]) * 1_000)
