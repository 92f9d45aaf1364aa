"""Leading a process under test through proxies, whoever in it opens a connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

ROUTE: Final = "FAULTS_ROUTE"
"""PORT:PROXY_PORT: connections to the first go to the second."""


def lead_through(route: str) -> None:
    """Lead every connection to a port through another, for the life of the process."""
    if not route:
        return
    port, proxy = map(int, route.split(":"))
    connect: Callable[..., Any] = asyncio.BaseEventLoop.create_connection

    async def connect_led(
        loop: asyncio.BaseEventLoop, factory: Any, host: Any = None, to: Any = None, **more: Any
    ) -> Any:
        return await connect(loop, factory, host, proxy if to == port else to, **more)

    setattr(asyncio.BaseEventLoop, "create_connection", connect_led)  # noqa: B010 - mypy: a method
