"""A payload has fastavro's bytes, and an item the bytes that its size is counted by."""

from __future__ import annotations

import io
from random import Random
from typing import Any

import fastavro
from hypothesis import given, settings
from hypothesis import strategies as st

from kpr_stream.connectors.delivery.payload import (
    BLOCK_BYTES,
    CODEC,
    SYNC_MARKER,
    container,
    encode_items,
)
from kpr_stream.connectors.mapping.items import map_deletion, map_upsert
from kpr_stream.connectors.mapping.local_codes import synthetic_profile
from kpr_stream.model.words import SYSTEMS, MessageType
from kpr_stream.schemas.contract import item_schema
from kpr_stream.schemas.zigzag import zigzag
from tests.support.examples import examples
from tests.unit.connectors.exports import consultation

KIND = MessageType.CONSULTATION
KINDS = st.sampled_from([MessageType.CONSULTATION, MessageType.APPOINTMENT])
TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)
WRITTEN = st.fixed_dictionaries(
    {},
    optional={
        "konsultasjonId": TEXTS,
        "avtaleId": TEXTS,
        "datoTid": st.datetimes().map(str) | TEXTS,
        "oppmoteStatus": st.sampled_from(["M", "IM", "æ"]) | TEXTS,
        "varighetMinutter": st.integers(-(2**31), 2**31 - 1).map(str),
        "roller": st.lists(TEXTS, max_size=3),
    },
)


def by_fastavro(items: list[Any], kind: MessageType) -> bytes:
    out = io.BytesIO()
    fastavro.writer(
        out,
        item_schema(kind).parsed,
        items,
        codec=CODEC,
        sync_interval=BLOCK_BYTES,
        sync_marker=SYNC_MARKER,
    )
    return out.getvalue()


@given(st.lists(WRITTEN, max_size=6), st.lists(TEXTS, max_size=3), st.sampled_from(SYSTEMS), KINDS)
def test_mapped_items_are_written_as_fastavro_writes_them(
    upserts: list[dict[str, Any]], deletions: list[str], system: Any, kind: MessageType
) -> None:
    items = [
        *(map_deletion(kind, {"konsultasjonId": one, "erSlettet": True}) for one in deletions),
        *(map_upsert(kind, one, synthetic_profile(system)) for one in upserts),
    ]
    assert container(encode_items(items, kind), kind) == by_fastavro(items, kind)


@settings(max_examples=examples(25), deadline=None)
@given(st.lists(st.integers(0, 2 * BLOCK_BYTES), min_size=1, max_size=6), st.integers(0, 9))
def test_blocks_end_where_fastavro_ends_them(sizes: list[int], seed: int) -> None:
    """Also with the item that just fills a block, and with one that is larger than a block."""
    random = Random(seed)  # noqa: S311 - the same bytes in every run
    items = [
        {"operation": "upsert", "consultation_id": "k", "department_id": random.randbytes(n).hex()}
        for n in sizes
    ]
    assert container(encode_items(items, KIND), KIND) == by_fastavro(items, KIND)


def test_a_block_that_is_just_full_is_closed() -> None:
    one = len(encode_items([{"operation": "upsert", "consultation_id": ""}], KIND)[0])
    text = "x" * (BLOCK_BYTES - one - len(zigzag(BLOCK_BYTES)) + 1)
    items = [{"operation": "upsert", "consultation_id": text}] * 2
    assert len(encode_items(items, KIND)[0]) == BLOCK_BYTES
    assert container(encode_items(items, KIND), KIND) == by_fastavro(items, KIND)


def test_no_items_give_a_container_without_blocks() -> None:
    assert container((), KIND) == by_fastavro([], KIND)


def test_an_item_grows_by_what_its_texts_grow() -> None:
    short, long = encode_items([consultation_item(), consultation_item("x" * 1000)], KIND)
    assert len(long) - len(short) == 1000 + len(zigzag(1000))


def consultation_item(department_id: str | None = None) -> dict[str, Any]:
    found = map_upsert(KIND, consultation(), synthetic_profile(SYSTEMS[0]))
    return {**found, "department_id": department_id}
