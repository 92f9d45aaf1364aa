"""The checker itself: clean where all is right, and it sees every loss and double put in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.faults.check import Findings, Written, check
from tests.faults.in_process import Recorded, record


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return record(tmp_path_factory.mktemp("recorded"), seed=7, deliveries=900)


def test_what_the_processor_decides_is_what_the_book_expects(recorded: Recorded) -> None:
    found = check(recorded.sent, recorded.written, recorded.secret)
    assert found.told == []
    assert found.clean
    print(found)
