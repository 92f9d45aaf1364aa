"""Write to the database: rows and positions change in one transaction, or not at all."""

from __future__ import annotations

import io
from collections.abc import Sequence

import asyncpg

from kpr_stream.database.access import postgres_dsn
from kpr_stream.database.connect import connect, failed
from kpr_stream.database.transient import FAILURES
from kpr_stream.errors import DatabaseError, TablesReplacedError
from kpr_stream.settings import Settings
from kpr_stream.sinks import statements
from kpr_stream.sinks.batch import TableWrite
from kpr_stream.sinks.by_value import statements as value_statements
from kpr_stream.sinks.by_value.batch import ValueWrite
from kpr_stream.sinks.position import Advance, Position
from kpr_stream.sinks.tables import Sink, SinkTable

PREDECESSOR_S = 3
"""Seconds to wait for the sink's lock at start.

The lock may belong to a process that was just killed. The server notices a killed process within a
second, even in the middle of a merge."""
LOST_SESSION_S = 120
"""Seconds to wait for the sink's lock after this process has lost its own session.

The server notices a lost session by its keepalives within 90 s (database/connect.py)."""

_PLACE = ("topic", "partition")

SinkWrite = TableWrite | ValueWrite
"""What one batch does to the tables of one topic."""


async def read_positions(
    connection: asyncpg.Connection, db_schema: str
) -> dict[tuple[str, int], Position]:
    """Return every position in a sink's schema, by topic and partition."""
    rows = await connection.fetch(statements.read_positions(db_schema))
    return {
        (r["topic"], r["partition"]): Position(
            **{name: value for name, value in r.items() if name not in _PLACE}
        )
        for r in rows
    }


class SinkStore:
    """One session of one sink. It holds the sink's lock.

    A second process of the same sink cannot start.
    """

    def __init__(self, settings: Settings, sink: Sink) -> None:
        self._settings = settings
        self._sink = sink
        self._connection: asyncpg.Connection | None = None

    @property
    def connected(self) -> bool:
        """Whether there is a session that has not ended; a server that hangs keeps its own."""
        return self._connection is not None and not self._connection.is_closed()

    async def open(self, *, again: bool = False) -> None:
        """Connect, take the sink's lock, make the staging tables.

        ``again`` is true if this process has lost an earlier session. The server may still hold the
        lock for that session, so the wait is ``LOST_SESSION_S``. DatabaseError if the
        server cannot be used or another process runs this sink.
        """
        await self.close()
        self._connection = await connect(self._settings, self._sink.database_role)
        try:
            await self._prepare(self._connection, LOST_SESSION_S if again else PREDECESSOR_S)
        except BaseException as cause:
            await self.close()
            if isinstance(cause, FAILURES):
                raise self.failed(cause) from cause
            raise

    async def _prepare(self, connection: asyncpg.Connection, wait_s: int) -> None:
        await self._wait_for_lock(connection, wait_s)
        for table in self._sink.tables:
            await connection.execute(statements.create_staging(table))

    async def _wait_for_lock(self, connection: asyncpg.Connection, wait_s: int) -> None:
        await connection.execute(f"SET lock_timeout = '{wait_s}s'")
        try:
            await connection.execute("SELECT pg_advisory_lock($1)", self._sink.lock_id)
        except asyncpg.LockNotAvailableError:
            raise self._another(f"holds its lock ({wait_s} s waited)") from None
        await connection.execute("RESET lock_timeout")

    async def close(self) -> None:
        """End the session, without waiting for a server that does not answer."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()

    async def positions(self) -> dict[tuple[str, int], Position]:
        """Return every position, by topic and partition."""
        return await read_positions(self._open, self._sink.db_schema)

    async def place(self, topic: str, partition: int, position: Position) -> None:
        """Set a position: the first of a partition, or the start of a rebuild."""
        await self._open.execute(
            statements.place(self._sink.db_schema),
            topic,
            partition,
            position.next_offset,
            position.epoch,
            position.rebuild_until,
            position.topic_id,
            position.first_epoch,
        )

    async def write(self, writes: Sequence[SinkWrite], steps: Sequence[Advance]) -> None:
        """Write rows, erasures and positions of a batch, in one transaction.

        DatabaseError if another process has moved a position, or a key changed its partition;
        nothing is changed then.
        """
        connection = self._open
        async with connection.transaction():
            rebuilding = {step.topic for step in steps if step.rebuilding}
            for write in writes:
                if isinstance(write, ValueWrite):
                    await _write_values(connection, write)
                    continue
                await self._write_table(connection, write)
                if write.table.history and write.rows and write.table.topic in rebuilding:
                    await connection.execute(statements.confirm_versions(write.table))
            await self._advance(connection, steps)

    async def _write_table(self, connection: asyncpg.Connection, write: TableWrite) -> None:
        table = write.table
        for erase, erasures in (
            (statements.erase, write.erasures),
            (statements.erase_versions, write.version_erasures),
        ):
            if erasures:
                columns = (list(values) for values in zip(*erasures, strict=True))
                await connection.execute(erase(table), *columns)
        if not write.rows:
            return
        await connection.copy_to_table(
            statements.staging_name(table),
            source=io.BytesIO(write.csv),
            columns=table.staged_names,
            format="csv",
        )
        merged = _count(await connection.execute(statements.merge(table)))
        if merged < write.keys:
            await self._require_placed(connection, table)
        if table.history:
            await connection.execute(statements.append_versions(table))

    async def _require_placed(self, connection: asyncpg.Connection, table: SinkTable) -> None:
        # Fewer rows are right where the table has them already, from the same or a later offset.
        found = await connection.fetchrow(statements.misplaced(table))
        if found is not None:
            raise DatabaseError(
                f"{table.topic}, partition {found['partition']}, offset {found['offset']}: this "
                f"key has its row in {table.full_name} from partition {found['other']}.",
                what_to_do="A unit's lane never changes: treat it as an incident.",
            )

    async def _advance(self, connection: asyncpg.Connection, steps: Sequence[Advance]) -> None:
        moved = _count(
            await connection.execute(
                statements.advance(self._sink.db_schema),
                [s.topic for s in steps],
                [s.partition for s in steps],
                [s.read_before for s in steps],
                [s.next_offset for s in steps],
                [s.epoch for s in steps],
                [s.ends_rebuild for s in steps],
            )
        )
        if moved != len(steps):
            raise await self._moved(steps)
        for step in steps:
            if step.ends_rebuild:
                for finish in self._finishing(step.topic):
                    await connection.execute(finish, step.partition, step.epoch)

    async def _moved(self, steps: Sequence[Advance]) -> DatabaseError:
        """Return why the positions are not those of the steps."""
        now = await self.positions()
        # We hold the sink's lock: another sink cannot have begun an epoch.
        if all(now[s.topic, s.partition].epoch > s.epoch for s in steps):
            return TablesReplacedError(
                f"The tables of the {self._sink.kind} sink were replaced by a rebuild.",
                what_to_do="Nothing: the sink continues from the positions of the new tables.",
            )
        return self._another("has moved its position")

    def _finishing(self, topic: str) -> list[str]:
        """Return what ends a rebuild of a topic: deleting what it did not find."""
        found = [
            statements.finish_rebuild(table.full_name)
            for one in self._sink.value_topics
            for table in one.tables
            if one.topic == topic and table.mirror
        ]
        for table in self._sink.tables:
            if table.topic == topic:
                found.append(statements.finish_rebuild(table.full_name))
                if table.history:
                    found.append(statements.finish_versions(table))
        return found

    def failed(self, cause: BaseException) -> DatabaseError:
        """Return the error of a failure in this session, with server and role."""
        role = self._sink.database_role
        return failed(postgres_dsn(self._settings, role), role, cause)

    @property
    def _open(self) -> asyncpg.Connection:
        if self._connection is None:
            raise asyncpg.InterfaceError("the session is closed")
        return self._connection

    def _another(self, what: str) -> DatabaseError:
        return DatabaseError(
            f"Another process is the {self._sink.kind} sink: it {what}.",
            what_to_do="Run one sink of a kind; stop this one or the other.",
        )


def rows_changed(write: SinkWrite) -> int:
    """Return how many rows a write changes: written or erased, without versions."""
    if isinstance(write, ValueWrite):
        return write.rows + write.erasures
    return write.keys + len(write.erasures)


async def _write_values(connection: asyncpg.Connection, write: ValueWrite) -> None:
    for rows in write.tables:
        remove = value_statements.remove_rows(rows.table)
        if write.erasures:
            await connection.execute(remove, rows.erased)
        if rows.table.mirror:
            await connection.execute(remove, rows.written)
        await connection.execute(value_statements.add_rows(rows.table), rows.written)


def _count(tag: str) -> int:
    return int(tag.rpartition(" ")[2])
