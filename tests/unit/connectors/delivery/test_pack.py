from __future__ import annotations

import io
import os
import subprocess
import sys
from random import Random
from typing import Any

import fastavro
import polars as pl
import pytest

from kpr_stream.connectors.delivery.pack import contract_version, cut, pack
from kpr_stream.model.limits import RECEIVER
from kpr_stream.model.words import MessageType


def items(number: int, **more: Any) -> list[dict[str, Any]]:
    return [{"operation": "upsert", "consultation_id": f"k-{n}", **more} for n in range(number)]


def read(payload: bytes) -> list[Any]:
    return list(fastavro.reader(io.BytesIO(payload)))


def packed(found: list[dict[str, Any]], *, max_items: int, max_bytes: int) -> list[Any]:
    return list(pack(found, MessageType.CONSULTATION, max_items=max_items, max_bytes=max_bytes))


@pytest.mark.parametrize(("number", "sizes"), [(0, [0]), (1, [1]), (10, [4, 4, 2])])
def test_items_are_cut_in_order(number: int, sizes: list[int]) -> None:
    found = packed(items(number), max_items=4, max_bytes=1_000_000)
    assert [one.item_count for one in found] == sizes
    ids = [item["consultation_id"] for one in found for item in read(one.payload)]
    assert ids == [f"k-{n}" for n in range(number)]


def test_bytes_are_a_limit_too() -> None:
    # Text that deflate cannot shrink away.
    random = Random(1)  # noqa: S311 - the same bytes in every run
    long = [
        {"operation": "upsert", "consultation_id": random.randbytes(500).hex()} for _ in range(40)
    ]
    whole = packed(long, max_items=1000, max_bytes=10_000_000)[0]
    limit = len(whole.payload) // 2
    found = packed(long, max_items=1000, max_bytes=limit)
    assert len(found) > 1
    assert all(len(one.payload) <= limit for one in found)
    assert sum(one.item_count for one in found) == 40


def test_one_item_above_the_limit_goes_alone() -> None:
    assert [one.item_count for one in packed(items(2), max_items=9, max_bytes=10)] == [1, 1]


def test_an_item_that_no_delivery_carries_is_named_and_costs_no_other() -> None:
    found = items(3)
    found[1]["department_id"] = "x" * RECEIVER.item_bytes
    whole = cut(found, MessageType.CONSULTATION, max_items=9, max_bytes=10**6)
    (large,) = whole.too_large
    assert (large.index, large.limit) == (1, RECEIVER.item_bytes)
    assert large.size > large.limit
    (sent,) = whole.payloads
    assert [item["consultation_id"] for item in read(sent.payload)] == ["k-0", "k-2"]
    left_out = large.left_out("a.json", "/0/konsultasjon/1")
    assert left_out.message == (
        f"a.json#/0/konsultasjon/1: the item has {large.size} bytes; the limit is "
        f"{large.limit}, and it is not sent."
    )


def test_items_of_which_none_can_be_carried_report_no_quiet_day() -> None:
    large = [{**items(1)[0], "department_id": "x" * RECEIVER.item_bytes}]
    whole = cut(large, MessageType.CONSULTATION, max_items=9, max_bytes=10**6)
    assert (whole.payloads, len(whole.too_large)) == ((), 1)
    assert len(cut([], MessageType.CONSULTATION, max_items=9, max_bytes=10**6).payloads) == 1


def test_the_same_items_give_the_same_bytes() -> None:
    assert packed(items(3), max_items=9, max_bytes=10**6) == packed(
        items(3), max_items=9, max_bytes=10**6
    )


def test_polars_reads_it_too() -> None:
    payload = packed(items(3, start=1736241300123456), max_items=9, max_bytes=10**6)[0].payload
    frame = pl.read_avro(io.BytesIO(payload))
    assert frame.height == 3
    assert frame["start"].dt.epoch("us").to_list() == [1736241300123456] * 3


def test_both_message_types_have_a_version() -> None:
    assert contract_version(MessageType.CONSULTATION) == "1"
    assert contract_version(MessageType.APPOINTMENT) == "1"


def test_every_process_writes_the_same_bytes() -> None:
    """A delivery that is made again after a restart must have the digest that it had before."""
    program = (
        "from hashlib import sha256\n"
        "from kpr_stream.connectors.delivery.pack import pack\n"
        "from kpr_stream.model.words import MessageType\n"
        "(one,) = pack([], MessageType.CONSULTATION, max_items=1, max_bytes=1)\n"
        "print(sha256(one.payload).hexdigest())"
    )
    made = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in (1, 2, 3)
    }
    assert len(made) == 1
