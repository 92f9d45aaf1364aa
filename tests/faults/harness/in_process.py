"""Run the processor's decisions without a broker, and record the outputs as if on topics.

This tests load and checker against each other within a second. Transactions play no part.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path

from kpr_stream.keys.keyring import new_keyring, read_keyring, read_public_key
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.partition import partition_of
from kpr_stream.model.topics import SOURCE_TOPICS, delivery_topic
from kpr_stream.model.words import System
from kpr_stream.processor.adapters.sandbox import Sandbox, SandboxProcess
from kpr_stream.processor.commands.log_slice import LogSlice, SliceRead
from kpr_stream.processor.lanes.frame_stage import FrameStage
from kpr_stream.processor.lanes.process_command import CommandWork
from kpr_stream.processor.lanes.process_deliveries import LaneWork
from kpr_stream.processor.poison.attempts import AttemptNote
from kpr_stream.processor.poison.suspects import SuspectRecords
from kpr_stream.processor.state.contents import LogPosition
from kpr_stream.processor.state.memory import MemoryLedger
from kpr_stream.processor.worker.emitter import build_emitter
from kpr_stream.processor.worker.frame_context import frame_context
from kpr_stream.processor.worker.frame_work import frame_work, rejudge_of
from kpr_stream.schemas import wire
from kpr_stream.settings import Settings
from tests.faults.harness.check import Written, secret_of
from tests.faults.harness.plan import Load
from tests.faults.harness.sent_log import SentDelivery
from tests.support.no_rights import NoRights

NOW_MS = 1_709_640_000_000
BATCH = 40

MAX_ITEMS = 4000


class NoNotes:
    """A note of attempts that stays empty: no process dies in these tests."""

    def read(self) -> AttemptNote:
        return AttemptNote()

    def write(self, note: AttemptNote) -> None:
        del note


class NoArchive:
    """An archive that is never read: this load never supersedes a record."""

    async def read(self, _: int, __: Collection[LogPosition]) -> Mapping[LogPosition, bytes]:
        raise AssertionError("this load needs no contents read back")


class NoLog:
    """A log that is never read: this load has no commands."""

    async def read(self, lane: int, wanted: LogSlice) -> SliceRead:
        raise AssertionError(f"lane {lane} needs {wanted}")


def _nobody() -> SandboxProcess:
    raise AssertionError("this load has no suspect records")


class Recorded:
    """What was sent and written, and the secret that the checker needs."""

    def __init__(self, sent: list[SentDelivery], written: list[Written], secret: bytes) -> None:
        self.sent, self.written, self.secret = sent, written, secret


def record(folder: Path, *, seed: int, deliveries: int) -> Recorded:
    """Send a number of deliveries through the processor's decisions."""
    secret, public = new_keyring()
    (folder / "keyring.json").write_text(json.dumps(secret), "utf-8")
    (folder / "public.json").write_text(json.dumps(public), "utf-8")
    load = Load(seed, read_public_key(folder / "public.json"), _clock())
    sources: dict[int, list[SourceRecord]] = defaultdict(list)
    offsets: dict[tuple[str, int], int] = defaultdict(int)
    sent: list[SentDelivery] = []
    for planned in islice(load.deliveries(), deliveries):
        one = planned.sent
        lane = partition_of(one.org_nr)
        offset = offsets[one.system, lane]
        offsets[one.system, lane] += 1
        topic = SOURCE_TOPICS.index(delivery_topic(System(one.system)))
        source = SourceRecord(
            topic_index=topic,
            partition=lane,
            offset=offset,
            received_at=one.extracted_at,
            key=one.org_nr.encode(),
            value=planned.value,
        )
        sources[lane].append(source)
        delivery_id = wire.decode("delivery", planned.value)["delivery_id"]
        sent.append(
            replace(
                one,
                delivery_id=delivery_id,
                partition=lane,
                offset=offset,
                received_at=one.extracted_at,
            )
        )
    written = asyncio.run(_run(folder / "keyring.json", sources))
    written += [
        Written(
            topic=SOURCE_TOPICS[s.topic_index],
            partition=s.partition,
            offset=s.offset,
            key=s.key,
            value=s.value,
            header=None,
        )
        for waiting in sources.values()
        for s in waiting
    ]
    return Recorded(sent, written, secret_of(folder / "keyring.json"))


async def _run(keyring: Path, sources: dict[int, list[SourceRecord]]) -> list[Written]:
    keys = read_keyring(keyring)
    settings = Settings(keyring_file=keyring)
    stage = FrameStage(frame_work(settings), max_items=settings.frame_max_items)
    emitter = build_emitter(keys, frame_context(settings))
    rejudge = rejudge_of(keys, frame_context(settings), allow_clear=False)
    serving = asyncio.create_task(stage.run())
    written: list[Written] = []
    try:
        for waiting in sources.values():
            ledger = MemoryLedger()
            work = LaneWork(
                ledger=ledger,
                frames=stage,
                sandbox=Sandbox(_nobody),
                suspects=SuspectRecords(NoNotes(), bytes(16)),
                emitter=emitter,
                commands=CommandWork(NoRights(), NoLog(), NoArchive(), rejudge),
                max_items=settings.frame_max_items,
            )
            done = 0
            while done < len(waiting):
                decided = await work.decide(waiting[done : done + BATCH])
                done += decided.taken
                written += [
                    Written(
                        topic=o.topic,
                        partition=waiting[0].partition,
                        offset=len(written),
                        key=o.key,
                        value=o.value,
                        header=o.header.pack(),
                    )
                    for o in decided.outputs
                ]
                ledger.entries.update(decided.entries)
    finally:
        serving.cancel()
        await asyncio.wait({serving})
    return written


def _clock() -> Callable[[], int]:
    now = NOW_MS

    def tick() -> int:
        nonlocal now
        now += 1000
        return now

    return tick
