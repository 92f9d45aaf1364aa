"""A connector's connection: a publisher and a receipt reader, opened and closed together."""

from __future__ import annotations

from dataclasses import dataclass

from kpr_stream.connectors.exchange.publish import Publisher, new_publisher
from kpr_stream.connectors.exchange.receipts import Receipt, ReceiptReader, new_receipt_reader
from kpr_stream.connectors.outbox.outbox import Outbox
from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.keys.keyring import PublicKey
from kpr_stream.model.words import System
from kpr_stream.traces.spans import NO_TRACES, Traces

RECEIPT_WAIT_MS = 100
"""How long to wait for receipts before looking again for something to send."""


@dataclass(frozen=True, slots=True)
class Link:
    """An open connection for one outbox."""

    outbox: Outbox
    publisher: Publisher
    receipts: ReceiptReader

    async def send(self, asked: set[str], *, window: int) -> int:
        """Ask for new units and send what may be sent; return how many deliveries that were.

        Nothing is sent before all receipts that there were are read: they show what was done with
        this system's login meanwhile. ``asked`` holds the hellos of this run.
        """
        if self.receipts.is_behind:
            return 0
        hellos = self.outbox.hellos(asked)
        await self.publisher.send_hellos(hellos)
        asked.update(hello.hello_id for hello in hellos)
        return await self.publisher.send_ready(self.outbox, window=window)

    async def next(self) -> tuple[list[Receipt], dict[int, int]]:
        """Return the receipts that came within a short wait, and the positions after them."""
        return await self.receipts.next()

    async def close(self) -> None:
        """Close both. What was not acknowledged stays in the outbox."""
        try:
            await self.receipts.stop()
        finally:
            await self.publisher.stop()


async def open_link(
    system: System,
    access: KafkaAccess,
    key: PublicKey,
    outbox: Outbox,
    traces: Traces = NO_TRACES,
) -> Link:
    """Connect, and note in the outbox where its receipts are read from; BrokerError if it fails."""
    publisher = new_publisher(system, access, key, traces)
    await publisher.start()
    try:
        receipts = new_receipt_reader(system, access, wait_ms=RECEIPT_WAIT_MS)
        positions = await receipts.start(outbox.positions(), outbox.receipt_topic_id())
    except BaseException:
        await publisher.stop()
        raise
    link = Link(outbox, publisher, receipts)
    try:
        with outbox.changing():
            outbox.note_positions(positions)
            outbox.note_receipt_topic(receipts.topic_id)
    except BaseException:
        await link.close()
        raise
    return link
