"""Choose loopback ports: the requested one, else that of the last start, else any free one."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from random import SystemRandom

from kpr_stream.errors import StackError

LOOPBACK = "127.0.0.1"
OURS = range(20_000, 32_000)
"""Below the range of outgoing connections. One of those could take a port in the seconds between
our check and the broker's start."""
TRIES = 20
"""Ports of our range that are tried before any free port is used."""


def choose_ports(requested: Mapping[str, int], last: Mapping[str, int]) -> dict[str, int]:
    """Choose a free port for each part (0: any). StackError if a requested port is taken."""
    chosen: dict[str, int] = {}
    held: list[socket.socket] = []
    try:
        for part, port in requested.items():
            wanted = port or last.get(part, 0)
            found = _hold(wanted) if wanted else None
            if found is None and not port:
                found = _hold_any()
            if found is None:
                raise StackError(
                    f"Port {port} on {LOOPBACK}, requested for {part}, is taken.",
                    what_to_do="Stop the program that listens there, or set "
                    f"KPR_{part.upper()}_PORT to 0.",
                )
            held.append(found)
            chosen[part] = found.getsockname()[1]
    finally:
        for holder in held:
            holder.close()
    return chosen


def _hold_any() -> socket.socket | None:
    for port in SystemRandom().sample(OURS, TRIES):
        holder = _hold(port)
        if holder is not None:
            return holder
    return _hold(0)


def _hold(port: int) -> socket.socket | None:
    holder = socket.socket()
    # A port whose last connections are only winding down is free; a listener's is not.
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        holder.bind((LOOPBACK, port))
    except (OSError, OverflowError):
        holder.close()
        return None
    return holder
