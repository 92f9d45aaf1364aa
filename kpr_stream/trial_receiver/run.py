"""Receive one system's deliveries on a real broker, answer them, and play faults."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from typing import Final

from aiokafka import ConsumerRecord, TopicPartition
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from kpr_stream.embedded.layout import Layout
from kpr_stream.embedded.plan import KAFKA
from kpr_stream.embedded.state import running_state
from kpr_stream.errors import StackError
from kpr_stream.kafka.access import kafka_access
from kpr_stream.kafka.partition_reader import PartitionReader
from kpr_stream.keys.keyring import read_public_key
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.limits import RECEIVER
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.topics import PARTITIONS, SOURCE_TOPICS, Role, delivery_topic
from kpr_stream.model.words import SYSTEMS, System
from kpr_stream.processor.intake.arrive import read_envelope
from kpr_stream.processor.worker.frame_context import frame_context
from kpr_stream.settings import Settings
from kpr_stream.trial_receiver.another_sender import deliver_as_another
from kpr_stream.trial_receiver.decide import TrialLanes, decoded
from kpr_stream.trial_receiver.faults import FaultKind, PlayedFault
from kpr_stream.trial_receiver.publish import ReceiptWriter
from kpr_stream.trial_receiver.script import Script
from kpr_stream.trial_receiver.sent import Fate, SentRecord
from kpr_stream.trial_receiver.vendor_files import VendorFolder

WAIT_MS: Final = 50
"""How long a fetch waits. A fault that is ordered waits as long."""
MOST_KEPT: Final = 20_000
"""Records that are kept. A sender that runs away would otherwise fill the memory."""
MOST_KEPT_BYTES: Final = 256_000_000
"""Bytes of the records that are kept, for the same reason."""

Came = Callable[[SentRecord], None]
"""Called for each record after its answer was written."""


class TrialReceiver:
    """Answers a system's deliveries from now on, until ``run`` is cancelled."""

    def __init__(
        self,
        settings: Settings,
        system: System,
        folder: VendorFolder,
        *,
        script: Script | None = None,
        came: Came = lambda _: None,
    ) -> None:
        """``settings`` are those of the embedded stack that runs."""
        self._settings, self.system, self.folder = settings, system, folder
        self._script, self._came = script or Script([]), came
        self.lanes = TrialLanes(frame_context(settings), self._new_key())
        self.sent: list[SentRecord] = []
        self._bytes = self._numbers = 0
        self._held: list[tuple[SentRecord, list[OutputRecord]]] = []
        self._orders: list[PlayedFault] = []
        self._expected: dict[str, int] = {}
        """The next sequence of each unit, from its last receipt."""
        self._others: set[str] = set()
        """Ids of deliveries that this process sent as another sender."""
        self.ready = asyncio.Event()

    async def run(self) -> None:
        """Receive until cancelled. BrokerError if the broker does not answer at the start."""
        access = kafka_access(self._settings, Role.PROCESSOR)
        self.folder.write_login(self.system, kafka_access(self._settings, self.system))
        topics = {delivery_topic(system): PARTITIONS for system in SYSTEMS}
        reading = PartitionReader(
            access,
            topics,
            wait_ms=WAIT_MS,
            isolation_level="read_uncommitted",
            max_partition_fetch_bytes=2 * RECEIVER.record_bytes,
        )
        writer = ReceiptWriter(access, transactional_id=f"{self._settings.app_id}-trial")
        async with reading as reader:
            ends = await reader.ranges()
            reader.read_from({place: log.end for place, log in ends.items()})
            await writer.start()
            try:
                for fault in self._script.due():
                    await self._play(fault, writer)
                self.ready.set()
                while True:
                    await self._round(reader, writer)
            finally:
                self._continue_broker()
                await writer.stop()

    def order(self, fault: PlayedFault) -> None:
        """Play a fault before the next record is decided. From any coroutine of the same loop."""
        self._orders.append(fault)

    @property
    def orders_done(self) -> bool:
        """Return whether every ordered fault was played, or is pending at its occasion."""
        return not self._orders

    async def _round(self, reader: PartitionReader, writer: ReceiptWriter) -> None:
        await self._play_orders(writer)
        for place, records in (await reader.fetch()).items():
            for record in records:
                # Again: one may have been ordered while the reader waited for this record.
                await self._play_orders(writer)
                await self._receive(place, record, writer)
                for fault in self._script.after_record():
                    await self._play(fault, writer)

    async def _play_orders(self, writer: ReceiptWriter) -> None:
        while self._orders:
            # Removed after it was played, so that ``orders_done`` is right.
            await self._play(self._orders[0], writer)
            self._orders.pop(0)

    async def _receive(
        self, place: TopicPartition, record: ConsumerRecord, writer: ReceiptWriter
    ) -> None:
        source = SourceRecord(
            topic_index=SOURCE_TOPICS.index(place.topic),
            partition=place.partition,
            offset=record.offset,
            received_at=record.timestamp,
            key=record.key,
            value=record.value,
        )
        sent = self._note(source, tuple(record.headers or ()))
        faults = self.lanes.faults
        if faults.take(FaultKind.LOSE_DELIVERIES, sent.org_nr):
            sent.fate = Fate.NOT_SEEN
            self._came(sent)
            return
        receipts = self.lanes.answer(source)
        sent.receipts = tuple(decoded(part) for part in receipts)
        self._expected[sent.org_nr] = sent.receipts[0]["expected_sequence"]
        if faults.holding:
            sent.fate = Fate.HELD
            self._held.append((sent, receipts))
        elif faults.take(FaultKind.LOSE_RECEIPTS, sent.org_nr):
            sent.fate = Fate.LOST
        else:
            await self._write(sent, receipts, writer)
        self._came(sent)

    async def _write(
        self, sent: SentRecord, receipts: list[OutputRecord], writer: ReceiptWriter
    ) -> None:
        faults, times, fate = self.lanes.faults, 1, Fate.SENT
        if len(receipts) > 1 and faults.take(FaultKind.LOSE_LAST_PART, sent.org_nr):
            receipts, fate = receipts[:-1], Fate.PART_LOST
        elif faults.take(FaultKind.DOUBLE_RECEIPTS, sent.org_nr):
            times, fate = 2, Fate.DOUBLED
        for _ in range(times):
            await writer.write([(sent.partition, part) for part in receipts])
        # Only now: the page shows it while the receipt is being written.
        sent.fate, sent.answered_before = fate, self._numbers + 1

    def _note(self, source: SourceRecord, headers: tuple[tuple[str, bytes], ...]) -> SentRecord:
        envelope, _ = read_envelope(source)
        value = source.value or b""
        self._numbers += 1
        sent = SentRecord(
            number=self._numbers,
            system=SYSTEMS[source.topic_index],
            partition=source.partition,
            offset=source.offset,
            at_ms=source.received_at,
            key=source.key,
            value=value,
            headers=headers,
            envelope=envelope,
            clear=self.lanes.clear_of(envelope),
            ours=envelope is not None and envelope.delivery_id in self._others,
        )
        self._bytes += len(value)
        if len(self.sent) < MOST_KEPT and self._bytes < MOST_KEPT_BYTES:
            self.sent.append(sent)
        return sent

    async def _play(self, fault: PlayedFault, writer: ReceiptWriter) -> None:
        self.lanes.faults.add(fault)
        match fault.kind:
            case FaultKind.ROTATE_KEY:
                self._replace_keys()
            case FaultKind.SEND_HELD_RECEIPTS:
                held, self._held = self._held, []
                for sent, receipts in held:
                    await self._write(sent, receipts, writer)
            case FaultKind.ANOTHER_SENDER:
                await self._send_as_another(fault.org_nr or "")
            case FaultKind.BROKER_AWAY:
                self._freeze_broker()
                try:
                    await asyncio.sleep(fault.seconds)
                finally:
                    self._continue_broker()
            case _:
                pass

    def _new_key(self) -> dict[str, RSAPrivateKey]:
        return self.folder.replace_key()

    def _replace_keys(self) -> None:
        new = self._new_key()
        self.lanes.private_keys.clear()
        self.lanes.private_keys.update(new)

    async def _send_as_another(self, org_nr: str) -> None:
        """Take the next sequence of a unit, as a second outbox with the same login would."""
        delivery_id = await deliver_as_another(
            kafka_access(self._settings, self.system),
            self.system,
            org_nr,
            sequence=self._expected.get(org_nr) or 1,
            key=read_public_key(self.folder.public_keys),
        )
        self._others.add(delivery_id)

    def _freeze_broker(self) -> None:
        pid = self._broker_pid()
        if pid is None:
            raise StackError(
                "The broker of this trial is not one that this machine runs.",
                what_to_do="Run the sandbox on its own embedded stack.",
            )
        os.kill(pid, signal.SIGSTOP)

    def _continue_broker(self) -> None:
        pid = self._broker_pid()
        if pid is not None:
            os.kill(pid, signal.SIGCONT)

    def _broker_pid(self) -> int | None:
        """Return the process of this trial's broker; None if this machine runs none."""
        state = running_state(Layout.of(self._settings.home))
        return None if state is None else state.pids.get(KAFKA)
