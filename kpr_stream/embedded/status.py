"""Ask every part of a running stack whether it answers (`status`)."""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from kpr_stream.embedded.credentials import ensure_credentials
from kpr_stream.embedded.kafka.login import superuser_access
from kpr_stream.embedded.layout import Layout
from kpr_stream.embedded.plan import KAFKA, POSTGRES, REGISTRY
from kpr_stream.embedded.postgres.database import DatabasePlan, require_environment_of
from kpr_stream.embedded.state import StackState, running_state
from kpr_stream.errors import KprError
from kpr_stream.model.environment import Environment
from kpr_stream.settings import Settings

ASK_LIMIT_S = 5
"""A part that answers later than this is not healthy."""
EXTERNAL = "external, not asked"
HEALTHY = "healthy"


@dataclass(frozen=True, slots=True)
class StackStatus:
    """A running stack and the health of each part: ``healthy``, or why not."""

    state: StackState
    health: dict[str, str]

    @property
    def healthy(self) -> bool:
        """Return whether every part that is ours answers."""
        return all(health in (HEALTHY, EXTERNAL) for health in self.health.values())


def stack_status(settings: Settings) -> StackStatus | None:
    """Return the running stack and its health; None if no stack runs."""
    layout = Layout.of(settings.home)
    state = running_state(layout)
    if state is None:
        return None
    ours = settings.environment
    checks: dict[str, Callable[[Layout, StackState], None]] = {
        KAFKA: partial(_ask_kafka, ours),
        POSTGRES: partial(_ask_postgres, ours),
        REGISTRY: _ask_registry,
    }
    return StackStatus(
        state,
        {
            part: EXTERNAL if part in state.external else _health(check, layout, state)
            for part, check in checks.items()
        },
    )


def _health(check: Callable[[Layout, StackState], None], layout: Layout, state: StackState) -> str:
    try:
        check(layout, state)
    except KprError as cause:
        return str(cause)
    except Exception as cause:  # noqa: BLE001 - after any error the part is not healthy
        return f"{type(cause).__name__}: {cause}"
    return HEALTHY


def _ask_kafka(ours: Environment, layout: Layout, state: StackState) -> None:
    from kpr_stream.embedded.kafka.mark import require_marked
    from kpr_stream.embedded.kafka.provision import admin_client

    access = superuser_access(state.port(KAFKA), ensure_credentials(layout), ours)
    require_marked(admin_client(access), ours, limit_s=ASK_LIMIT_S)


def _ask_postgres(ours: Environment, layout: Layout, state: StackState) -> None:
    logins = ensure_credentials(layout)[POSTGRES]
    plan = DatabasePlan(layout, state.port(POSTGRES), logins)

    asyncio.run(require_environment_of(plan, ours))


def _ask_registry(_: Layout, state: StackState) -> None:
    url = f"{state.addresses[REGISTRY]}/subjects"
    with urllib.request.urlopen(url, timeout=ASK_LIMIT_S) as answered:  # noqa: S310 - our own URL
        answered.read()
