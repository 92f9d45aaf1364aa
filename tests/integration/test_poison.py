"""Records that cannot be opened, on the real stack: they delay others little and lose none."""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path
from typing import Any

import pytest

from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.words import MessageType, System
from kpr_stream.processor.poison.attempts import CRASHES_BEFORE_SANDBOX
from kpr_stream.schemas.catalogue import schema
from kpr_stream.schemas.container import MAX_INFLATED_BYTES, write_container
from kpr_stream.settings import Settings
from tests.integration.at_work import AtWork, altered, at_work, peak_bytes, units_of_lane
from tests.integration.killed_worker import BREAK, RAISE, SEGFAULT
from tests.support.deliveries import consultation

LANE = 3
SYSTEM = System.EG_INFODOC
GARBAGE = 10_000
KILLED = ("-m", "tests.integration.killed_worker")
BOMB_BYTES = 1_000_000_000


def delivery(work: AtWork, unit: str, sequence: int = 1, **more: Any) -> SourceRecord:
    items = [consultation(n) for n in range(3)]
    return work.vendors.delivery(items, system=SYSTEM, org_nr=unit, sequence=sequence, **more)


def bomb() -> bytes:
    """A container of about 1 MB that inflates to a gigabyte."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    zeros = bytes(1_000_000)
    block = b"".join(deflate.compress(zeros) for _ in range(BOMB_BYTES // len(zeros)))
    text = json.dumps(json.loads(schema("consultation_item").text))
    clear = write_container(text, [(1, block + deflate.flush())])
    # The codec's name is in the header, before any block.
    return clear.replace(b"\x08null", b"\x0edeflate", 1)


@pytest.mark.parametrize("kind", ["garbage", "garbage of a known unit"])
async def test_ten_thousand_undecodable_records_between_good_ones(
    clean_stack: Settings, tmp_path: Path, kind: str
) -> None:
    first, last, troubled, *_ = units_of_lane(LANE, 3)
    async with at_work(clean_stack, tmp_path, group=f"kpr-hst-{kind[-4:]}") as work:
        await work.receipts.of(*await work.vendors.send(delivery(work, first)))
        like = delivery(work, troubled)
        if kind == "garbage":
            like = SourceRecord(
                topic_index=like.topic_index,
                partition=LANE,
                offset=0,
                received_at=0,
                key=None,
                value=None,
            )
        garbage = [altered(like, os.urandom(20)) for _ in range(GARBAGE)]
        places = await work.vendors.send(
            *garbage[: GARBAGE // 2],
            delivery(work, first, 2),
            *garbage[GARBAGE // 2 :],
            delivery(work, last),
        )
        answers = await work.receipts.of(*places)
    statuses = [answer["status"] for answer in answers]
    assert statuses.count("processed") == 2
    assert {a["reason"] for a in answers if a["status"] == "refused"} == {"UNDECODABLE"}
    assert len(statuses) == GARBAGE + 2
    assert work.workers[0].exit_codes == []


async def test_a_decompression_bomb_is_refused_without_being_inflated(
    clean_stack: Settings, tmp_path: Path
) -> None:
    good, troubled = units_of_lane(LANE, 2)
    async with at_work(clean_stack, tmp_path, group="kpr-hst-bomb") as work:
        await work.receipts.of(*await work.vendors.send(delivery(work, good)))
        before = peak_bytes(work.workers[0].process.pid)
        payload = bomb()
        places = await work.vendors.send(
            *(
                delivery(work, troubled, payload=payload, item_count=1, attempt=n)
                for n in range(1, 4)
            ),
            delivery(work, good, 2),
        )
        answers = await work.receipts.of(*places)
        grown = peak_bytes(work.workers[0].process.pid) - before
    print(f"a bomb of {len(payload)} bytes: the worker grew by {grown} bytes")  # noqa: T201
    assert [a["reason"] for a in answers] == ["TOO_LARGE"] * 3 + [None]
    assert grown < 6 * MAX_INFLATED_BYTES


async def test_a_delivery_that_raises_is_refused_alone(
    clean_stack: Settings, tmp_path: Path
) -> None:
    units = units_of_lane(LANE, 20)
    async with at_work(clean_stack, tmp_path, group="kpr-hst-raises", command=KILLED) as work:
        places = await work.vendors.send(
            *(
                delivery(work, unit, software_version=RAISE if n == 7 else "1.0")
                for n, unit in enumerate(units)
            )
        )
        answers = await work.receipts.of(*places)
        after = await work.receipts.of(*await work.vendors.send(delivery(work, units[7])))
    reasons = [a["reason"] for a in answers]
    assert reasons.pop(7) == "RECEIVER_FAILED"
    assert reasons == [None] * 19
    assert after[0]["status"] == "processed"
    assert work.workers[0].exit_codes == []
    assert "MemoryError at" in work.log.read_text("utf-8")


async def test_a_fault_that_breaks_everything_refuses_nobody(
    clean_stack: Settings, tmp_path: Path
) -> None:
    units = units_of_lane(LANE, 20)
    async with at_work(clean_stack, tmp_path, group="kpr-hst-breaks", command=KILLED) as work:
        places = await work.vendors.send(
            *(
                delivery(work, unit, software_version=BREAK if n == 7 else "1.0")
                for n, unit in enumerate(units)
            )
        )
        answers = await work.receipts.of(*places)
        ends = work.workers[0].exit_codes
    assert [a["status"] for a in answers] == ["processed"] * 20
    assert ends == []
    assert "fails at preparing its own delivery" in work.log.read_text("utf-8")


@pytest.mark.long
@pytest.mark.parametrize("workers", [1, 2])
async def test_a_record_that_kills_the_process_delays_the_good_ones_and_loses_none(
    clean_stack: Settings, tmp_path: Path, workers: int
) -> None:
    units = units_of_lane(LANE, 10)
    async with at_work(
        clean_stack, tmp_path, group=f"kpr-hst-kills-{workers}", command=KILLED, workers=workers
    ) as work:
        places = await work.vendors.send(
            *(
                delivery(work, unit, software_version=SEGFAULT if n == 4 else "1.0")
                for n, unit in enumerate(units)
            )
        )
        answers = await work.receipts.of(*places)
        following = await work.receipts.of(*await work.vendors.send(delivery(work, units[0], 2)))
        deaths = [code for worker in work.workers for code in worker.exit_codes]
    reasons = [a["reason"] for a in answers]
    assert reasons.pop(4) == "RECEIVER_FAILED"
    assert reasons == [None] * 9
    assert following[0]["status"] == "processed"
    # A lane that moves to the other worker in the middle of a batch counts as a death as well.
    least = CRASHES_BEFORE_SANDBOX if workers == 1 else 1
    assert least <= len(deaths) <= CRASHES_BEFORE_SANDBOX
    assert MessageType.CONSULTATION in {a["message_type"] for a in answers}


async def test_a_batch_larger_than_any_limit_is_cut(clean_stack: Settings, tmp_path: Path) -> None:
    """Sixty deliveries of 500 items wait at once: seven and a half micro-batches of items."""
    units = units_of_lane(LANE, 60)
    items = [consultation(n) for n in range(500)]
    async with at_work(clean_stack, tmp_path, group="kpr-hst-large", workers=1) as work:
        places = await work.vendors.send(
            *(work.vendors.delivery(items, system=SYSTEM, org_nr=unit) for unit in units)
        )
        answers = await work.receipts.of(*places)
    assert [a["counts"]["accepted"] for a in answers] == [500] * 60
    assert work.workers[0].exit_codes == []
