"""A mail server that keeps what it gets: enough of SMTP for Alertmanager."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class Mailbox:
    """Every mail, with the addresses of its envelope."""

    port: int = 0
    mails: list[tuple[str, EmailMessage]] = field(default_factory=list)

    def to(self, address: str) -> list[EmailMessage]:
        """Return the mails to an address."""
        return [mail for receiver, mail in self.mails if receiver == address]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk with one client until it goes, or the test ends."""
        with suppress(asyncio.CancelledError, ConnectionError, asyncio.IncompleteReadError):
            await self._talk(reader, writer)
        writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        receivers: list[str] = []
        writer.write(b"220 test\r\n")
        while line := await reader.readline():
            command = line.decode().strip()
            word = command.upper().split(" ")[0].split(":")[0]
            if word == "RCPT":
                receivers.append(command.partition("<")[2].partition(">")[0])
            if word == "DATA":
                writer.write(b"354 go on\r\n")
                data = (await reader.readuntil(b"\r\n.\r\n"))[:-5].replace(b"\r\n..", b"\r\n.")
                mail = message_from_bytes(data, _class=EmailMessage, policy=policy.default)
                self.mails += [(receiver, mail) for receiver in receivers]
                receivers = []
            writer.write(b"221 bye\r\n" if word == "QUIT" else b"250 ok\r\n")
            await writer.drain()


@asynccontextmanager
async def mailbox() -> AsyncIterator[Mailbox]:
    """Serve on a free port for the length of the block."""
    box = Mailbox()
    server = await asyncio.start_server(box.serve, "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    async with server:
        yield box
