"""`status`: ask every part of a running stack whether it really answers."""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass

from kpr_stream.embedded.credentials import ready_credentials
from kpr_stream.embedded.layout import Layout
from kpr_stream.embedded.plan import KAFKA, POSTGRES, REGISTRY
from kpr_stream.embedded.postgres.database import DATABASE_NAME, DatabasePlan, connect
from kpr_stream.embedded.state import StackState, running_state
from kpr_stream.embedded.supervisor.bring_up import embedded_access
from kpr_stream.settings import Settings

ASK_LIMIT_S = 5
"""A part that answers later than this is not healthy, whatever it says then."""
EXTERNAL = "external, not asked"
HEALTHY = "healthy"


@dataclass(frozen=True, slots=True)
class Status:
    """A running stack and the health of each part: ``healthy``, or why not."""

    state: StackState
    health: dict[str, str]

    @property
    def healthy(self) -> bool:
        """Whether every part of ours answers."""
        return all(told in (HEALTHY, EXTERNAL) for told in self.health.values())


def stack_status(settings: Settings) -> Status | None:
    """What runs and how it is; None if nothing does."""
    layout = Layout.of(settings.home)
    state = running_state(layout)
    if state is None:
        return None
    asked: dict[str, Callable[[Layout, StackState], None]] = {
        KAFKA: _ask_kafka,
        POSTGRES: _ask_postgres,
        REGISTRY: _ask_registry,
    }
    return Status(
        state,
        {
            part: EXTERNAL if part in state.external else _told(ask, layout, state)
            for part, ask in asked.items()
        },
    )


def _told(ask: Callable[[Layout, StackState], None], layout: Layout, state: StackState) -> str:
    try:
        ask(layout, state)
    except Exception as cause:  # noqa: BLE001 - whatever it is, the part is not healthy
        return f"{type(cause).__name__}: {cause}"
    return HEALTHY


def _ask_kafka(layout: Layout, state: StackState) -> None:
    from kpr_stream.embedded.kafka.provision import admin_client, topic_names

    access = embedded_access(_port(state, KAFKA), ready_credentials(layout))
    topic_names(admin_client(access), limit_s=ASK_LIMIT_S)


def _ask_postgres(layout: Layout, state: StackState) -> None:
    logins = ready_credentials(layout)[POSTGRES]
    plan = DatabasePlan(layout, _port(state, POSTGRES), logins)

    async def ask() -> None:
        connection = await connect(plan, DATABASE_NAME)
        await connection.fetchval("SELECT 1")
        await connection.close()

    asyncio.run(ask())


def _ask_registry(_: Layout, state: StackState) -> None:
    url = f"{state.addresses[REGISTRY]}/subjects"
    with urllib.request.urlopen(url, timeout=ASK_LIMIT_S) as answered:  # noqa: S310 - our own URL
        answered.read()


def _port(state: StackState, part: str) -> int:
    return int(state.addresses[part].partition("/")[0].rpartition(":")[2])
