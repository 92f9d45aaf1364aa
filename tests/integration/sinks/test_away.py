"""A database that is away for longer than the sink's patience costs no record."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from pydantic import SecretStr

from kpr_stream.database.access import postgres_dsn
from kpr_stream.errors import DatabaseError
from kpr_stream.home import stack_address
from kpr_stream.settings import Settings
from kpr_stream.sinks.run import run_sink
from kpr_stream.sinks.tables import SinkKind
from kpr_stream.sinks.verify import verify_sink
from tests.integration.sinks.test_on_kafka import (
    Topics,
    settings,
    statuses,
    topics,
    until_rows,
)
from tests.support.poll import HANGING_S
from tests.support.sink_records import consultation

__all__ = ["settings", "topics"]
PATIENCE_S = 0.5


class Way:
    """The way to the database: a port that can be closed, with every connection through it."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.port = 0

    async def open(self) -> None:
        """Let connections through, on the same port as before."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Refuse connections, and break those that are open."""
        if self._server is not None:
            self._server.close()
        for writer in self._open:
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, onward = await asyncio.open_connection(self._host, self._port)
        self._open |= {writer, onward}
        await asyncio.gather(_pipe(reader, onward), _pipe(there, writer))
        self._open -= {writer, onward}


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()


@asynccontextmanager
async def database_behind(settings: Settings) -> AsyncIterator[tuple[Settings, Way]]:
    """The content sink's settings with a way to the database that can be closed."""
    host, _, port = stack_address(settings, "postgres").partition("/")[0].partition(":")
    way = Way(host, int(port))
    await way.open()
    dsn = postgres_dsn(settings, "content_sink").get_secret_value()
    through = dsn.replace(f"@{host}:{port}/", f"@127.0.0.1:{way.port}/")
    try:
        yield settings.model_copy(update={"postgres_dsn": SecretStr(through)}), way
    finally:
        await way.close()


async def test_a_sink_that_ended_for_an_absent_database_continues_and_loses_nothing(
    settings: Settings, topics: Topics
) -> None:
    await topics.write(("consultation", n, consultation(n)) for n in range(100))
    async with database_behind(settings) as (through, way):
        running = asyncio.create_task(run_sink(through, SinkKind.CONTENT, patience_s=PATIENCE_S))
        await until_rows(settings, 100)
        await way.close()
        await topics.write(("consultation", n, consultation(n)) for n in range(100, 200))
        with pytest.raises(DatabaseError, match="cannot be reached by content_sink") as ended:
            await asyncio.wait_for(running, HANGING_S)
        assert ended.value.exit_code == 69
        assert await statuses(settings) == {"live": 100}
        # The service manager starts it while the database is still away: it ends at once.
        await topics.write([("consultation", 7, consultation(7, status="deleted", sequence=8))])
        with pytest.raises(DatabaseError):
            await run_sink(through, SinkKind.CONTENT, patience_s=PATIENCE_S)
        await way.open()
        caught_up = await run_sink(through, SinkKind.CONTENT, until_caught_up=True)
    assert caught_up.records == 101
    assert await statuses(settings) == {"live": 199, "deleted": 1}
    result = (await verify_sink(settings, SinkKind.CONTENT))[0]
    assert result.equal
    assert (result.versions, result.unrecorded) == (201, 0)
