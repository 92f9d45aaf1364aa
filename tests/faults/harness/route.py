"""Route all connections of a process under test through a proxy, whichever client opens them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

ROUTE: Final = "FAULTS_ROUTE"
"""``PORT:PROXY_PORT``: connections to the first port go to the second."""


def route_through_proxy(route: str) -> None:
    """Route every connection to a port through the proxy, for the life of the process."""
    if not route:
        return
    port, proxy = map(int, route.split(":"))
    connect: Callable[..., Any] = asyncio.BaseEventLoop.create_connection

    async def connect_by_proxy(
        loop: asyncio.BaseEventLoop, factory: Any, host: Any = None, to: Any = None, **more: Any
    ) -> Any:
        return await connect(loop, factory, host, proxy if to == port else to, **more)

    setattr(asyncio.BaseEventLoop, "create_connection", connect_by_proxy)  # noqa: B010 - mypy: a method
