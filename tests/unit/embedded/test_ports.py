"""Which port is chosen."""

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


def test_the_ports_of_the_last_start_are_used_again_if_free() -> None:
    last = choose_ports({"kafka": 0, "postgres": 0}, {})
    assert choose_ports({"kafka": 0, "postgres": 0}, last) == last


def test_a_taken_port_is_replaced_unless_it_was_requested() -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        port = other.getsockname()[1]
        assert choose_ports({"kafka": 0}, {"kafka": port})["kafka"] != port
        with pytest.raises(StackError, match=f"Port {port} .*kafka.* is taken") as caught:
            choose_ports({"kafka": port}, {})
    assert "KPR_KAFKA_PORT" in caught.value.what_to_do


def test_a_requested_port_wins_over_that_of_the_last_start(taken: int) -> None:
    assert choose_ports({"kafka": taken}, {"kafka": taken - 1}) == {"kafka": taken}
