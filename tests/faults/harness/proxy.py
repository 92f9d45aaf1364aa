"""Put a TCP proxy before broker or database that can cut, delay, and lose a commit's answer."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Final

LOOPBACK: Final = "127.0.0.1"
CHUNK: Final = 65_536
END_TXN: Final = 26
"""Kafka's API key of the request that ends a transaction."""

Requests = Callable[[asyncio.StreamReader], AsyncIterator[tuple[bytes, bool]]]
"""Splits a stream into pieces that are forwarded whole, and says which of them ask for a commit."""


async def to_broker(reader: asyncio.StreamReader) -> AsyncIterator[tuple[bytes, bool]]:
    """Yield Kafka's requests: a 4-byte length, then the API key in two bytes."""
    with suppress(asyncio.IncompleteReadError):
        while True:
            length = await reader.readexactly(4)
            request = await reader.readexactly(struct.unpack(">i", length)[0])
            (api_key,) = struct.unpack_from(">h", request)
            yield length + request, api_key == END_TXN


async def to_database(reader: asyncio.StreamReader) -> AsyncIterator[tuple[bytes, bool]]:
    """Yield PostgreSQL's messages as they arrive; asyncpg commits by a simple query."""
    while chunk := await reader.read(CHUNK):
        yield chunk, b"COMMIT;\0" in chunk


class Proxy:
    """A port that forwards to another one. It forwards everything until it is disturbed."""

    def __init__(self, target_port: int, requests: Requests = to_broker) -> None:
        self._target_port = target_port
        self._requests_of = requests
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._cut = False
        self.delay_s = 0.0
        self.lose_next_commit_answer = False
        self.port = 0

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._serve, LOOPBACK, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close every connection and stop listening."""
        self.cut()
        if self._server is not None:
            self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def cut(self) -> None:
        """Cut every connection and accept no new one."""
        self._cut = True
        for writer in list(self._open):
            writer.transport.abort()

    def heal(self) -> None:
        """Accept connections again, without delay."""
        self._cut = False
        self.delay_s = 0.0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        self._open.add(writer)
        try:
            if not self._cut:
                await self._carry(reader, writer)
        except OSError:
            pass  # one end has closed, so close the other
        finally:
            writer.transport.abort()
            self._open.discard(writer)
            self._serving.discard(task)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target_reader, target_writer = await asyncio.open_connection(LOOPBACK, self._target_port)
        self._open.add(target_writer)
        try:
            ways = (
                asyncio.create_task(self._requests(reader, target_writer, writer)),
                asyncio.create_task(self._answers(target_reader, writer)),
            )
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        finally:
            target_writer.transport.abort()
            self._open.discard(target_writer)

    async def _requests(
        self,
        reader: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        back: asyncio.StreamWriter,
    ) -> None:
        async for request, commits in self._requests_of(reader):
            await self._wait()
            target.write(request)
            await target.drain()
            if commits and self.lose_next_commit_answer:
                self.lose_next_commit_answer = False
                # The target gets the request, but the sender never gets the answer.
                back.transport.abort()
                await self._finish_sending(target)
                return

    async def _answers(self, target: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await target.read(CHUNK):
            await self._wait()
            writer.write(chunk)
            await writer.drain()

    async def _wait(self) -> None:
        if self.delay_s:
            await asyncio.sleep(self.delay_s)

    @staticmethod
    async def _finish_sending(target: asyncio.StreamWriter) -> None:
        # Half-close instead of abort, because an abort could overtake the request.
        target.write_eof()
        await asyncio.sleep(0.2)
