"""Loopback ports: the one asked for, else the one of the last start, else any free one."""

from __future__ import annotations

import socket
from collections.abc import Mapping

from kpr_stream.errors import StackError

LOOPBACK = "127.0.0.1"


def choose_ports(asked: Mapping[str, int], last: Mapping[str, int]) -> dict[str, int]:
    """A free port for each part of ``asked`` (0: any); StackError if a named one is taken."""
    chosen: dict[str, int] = {}
    held: list[socket.socket] = []
    try:
        for part, port in asked.items():
            found = _hold(port or last.get(part, 0)) or (None if port else _hold(0))
            if found is None:
                raise StackError(
                    f"Port {port} on {LOOPBACK}, wanted for {part}, is taken.",
                    what_to_do=f"End what listens there, or set KPR_{part.upper()}_PORT to 0.",
                )
            held.append(found)
            chosen[part] = found.getsockname()[1]
    finally:
        for holder in held:
            holder.close()
    return chosen


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
