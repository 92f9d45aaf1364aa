"""Which port is taken."""

from __future__ import annotations

import socket

import pytest

from kpr_stream.embedded.ports import LOOPBACK, choose_ports
from kpr_stream.errors import StackError


@pytest.fixture
def taken() -> int:
    with socket.socket() as free:
        free.bind((LOOPBACK, 0))
        return int(free.getsockname()[1])


def test_any_ports_are_free_and_different() -> None:
    chosen = choose_ports({"kafka": 0, "postgres": 0, "registry": 0}, {})
    assert len(set(chosen.values())) == 3


def test_the_last_ones_are_taken_again_if_they_are_free() -> None:
    last = choose_ports({"kafka": 0, "postgres": 0}, {})
    assert choose_ports({"kafka": 0, "postgres": 0}, last) == last


def test_a_last_one_that_is_taken_by_now_is_replaced_and_an_asked_one_is_an_error() -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        port = other.getsockname()[1]
        assert choose_ports({"kafka": 0}, {"kafka": port})["kafka"] != port
        with pytest.raises(StackError, match=f"Port {port} .*kafka.* is taken") as told:
            choose_ports({"kafka": port}, {})
    assert "KPR_KAFKA_PORT" in told.value.what_to_do


def test_the_asked_one_wins_over_the_last_one(taken: int) -> None:
    assert choose_ports({"kafka": taken}, {"kafka": taken - 1}) == {"kafka": taken}
