"""Whatever the connector cuts, the receiver takes: a limit of the one is a limit of the other."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import date
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpr_stream.connectors.delivery import pack
from kpr_stream.connectors.delivery.payload import container as container_of
from kpr_stream.connectors.delivery.payload import encode_items
from kpr_stream.connectors.delivery.seal import DeliveryHeader, seal_delivery, with_attempt
from kpr_stream.keys.keyring import PublicKey
from kpr_stream.model.delivery import Arrived, Decrypted, Prepared, SourceRecord
from kpr_stream.model.limits import ENVELOPE_BYTES, RECEIVER, DeliveryLimits
from kpr_stream.model.partition import partition_of
from kpr_stream.model.topics import SOURCE_TOPICS, delivery_topic
from kpr_stream.model.words import MessageType, Refusal, System
from kpr_stream.processor.frame import large_items
from kpr_stream.processor.frame.prepare import FrameContext, prepare
from kpr_stream.processor.intake import arrive as intake
from kpr_stream.processor.intake.decrypt import decrypt_delivery
from kpr_stream.reference import load_reference
from kpr_stream.schemas import container
from kpr_stream.settings import Settings
from tests.support.deliveries import KEY_ID, ORG_NR, private_keys
from tests.support.examples import examples

KIND = MessageType.CONSULTATION
NOW_MS = 1_738_382_400_000
CONTEXT = FrameContext(synthetic_ids=True, reference=load_reference())
SMALL = DeliveryLimits(items=7, item_bytes=600, inflated_bytes=2_000, record_bytes=24_000)
"""The receiver's table, a thousand times smaller: the same code decides by it."""


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> DeliveryLimits:
    """Both sides with the small table, in every place that reads the table."""
    set_limits(monkeypatch, SMALL)
    return SMALL


def set_limits(monkeypatch: pytest.MonkeyPatch, limits: DeliveryLimits) -> None:
    for module in (pack, large_items, intake):
        monkeypatch.setattr(module, "RECEIVER", limits)
    monkeypatch.setattr(container, "MAX_ITEMS", limits.items)
    monkeypatch.setattr(container, "MAX_INFLATED_BYTES", limits.inflated_bytes)
    monkeypatch.setattr(pack, "PAYLOAD_BYTES", limits.record_bytes - ENVELOPE_BYTES)


def received(packed: pack.Packed) -> Refusal | Prepared:
    """What intake and frame make of a payload, sealed and sent."""
    header = DeliveryHeader(
        system=System.VISMA_HSPRO,
        software_version="x" * 100,
        message_type=KIND,
        contract_version="1",
        municipality_code="0301",
        district_code=None,
        period_from=date(2025, 1, 1),
        period_to=date(2025, 1, 31),
        extracted_at=NOW_MS,
    )
    record = seal_delivery(
        packed,
        header,
        org_nr=ORG_NR,
        sequence=2**40,
        delivery_id="00000000-0000-4000-8000-000000000001",
        key=PublicKey(KEY_ID, private_keys()[KEY_ID].public_key()),
    )
    source = SourceRecord(
        topic_index=SOURCE_TOPICS.index(delivery_topic(System.VISMA_HSPRO)),
        partition=partition_of(ORG_NR),
        offset=0,
        received_at=NOW_MS,
        key=ORG_NR.encode(),
        value=with_attempt(record, 2**30),
    )
    arrived = intake.arrive(source)
    if not isinstance(arrived, Arrived):
        return arrived.reason
    opened = decrypt_delivery(arrived, private_keys(), allow_clear=False)
    if not isinstance(opened, Decrypted):
        return opened.reason
    (result,) = prepare([opened], CONTEXT)
    return result if isinstance(result, Prepared) else result.reason


def item(size: int, seed: int) -> dict[str, Any]:
    """An item with texts of so many letters, that deflate shrinks or not."""
    random = Random(seed)  # noqa: S311 - the same bytes in every run
    written = random.randbytes(size).hex()[:size] if seed % 2 else "x" * size
    return {"operation": "upsert", "consultation_id": f"k-{seed}", "department_id": written}


def whole_payload(items: list[dict[str, Any]]) -> pack.Packed:
    """The items as one payload, whatever the limits."""
    return pack.Packed(len(items), container_of(encode_items(items, KIND), KIND))


@settings(max_examples=examples(40), deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 900), st.integers(0, 9)), max_size=30),
    st.integers(1, 40),
    st.integers(1, 20_000),
)
def test_whatever_is_cut_is_taken(
    sizes: list[tuple[int, int]], max_items: int, max_bytes: int
) -> None:
    items = [item(size, seed) for size, seed in sizes]
    with pytest.MonkeyPatch.context() as patched:
        set_limits(patched, SMALL)
        whole = pack.cut(items, KIND, max_items=max_items, max_bytes=max_bytes)
        taken = [received(packed) for packed in whole.payloads]
    assert all(isinstance(one, Prepared) for one in taken), taken
    count = sum(len(one.items) for one in taken if isinstance(one, Prepared))
    assert count + len(whole.too_large) == len(items)
    assert [one.index for one in whole.too_large] == [
        at for at, one in enumerate(encode_items(items, KIND)) if len(one) > SMALL.item_bytes
    ]


BEYOND: dict[str, tuple[list[dict[str, Any]], Refusal]] = {
    "items": ([item(10, 0)] * (SMALL.items + 1), Refusal.TOO_MANY_ITEMS),
    "item_bytes": ([item(SMALL.item_bytes + 1, 0)], Refusal.TOO_LARGE),
    "inflated_bytes": ([item(500, 0)] * 5, Refusal.TOO_LARGE),
    "record_bytes": ([item(500, seed) for seed in range(1, 401, 2)], Refusal.TOO_LARGE),
}
"""For each limit items beyond it, and what the receiver says to them uncut."""


def test_every_limit_of_the_table_is_tried() -> None:
    assert set(BEYOND) == {field.name for field in fields(DeliveryLimits)}


@pytest.mark.parametrize("limit", list(BEYOND))
def test_the_receiver_refuses_what_is_beyond_a_limit_and_the_connector_cuts_there(
    limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    items, refusal = BEYOND[limit]
    only = dict.fromkeys(asdict(SMALL), 10**9) | {limit: asdict(SMALL)[limit]}
    if limit == "record_bytes":
        only[limit] = 17_000 + ENVELOPE_BYTES
    uncut = whole_payload(items)
    set_limits(monkeypatch, DeliveryLimits(**only))
    assert received(uncut) == refusal
    whole = pack.cut(items, KIND, max_items=10**9, max_bytes=10**9)
    assert all(isinstance(received(one), Prepared) for one in whole.payloads)
    assert len(whole.payloads) > 1 or whole.too_large


def test_one_large_item_costs_no_other_delivery(small: DeliveryLimits) -> None:
    large = whole_payload([item(small.item_bytes + 1, 0)])
    good = whole_payload([item(10, 0), item(20, 2)])
    assert received(large) == Refusal.TOO_LARGE
    assert isinstance(received(good), Prepared)


def test_the_settings_reach_no_further_than_the_table() -> None:
    for name, limit in {
        "delivery_max_items": RECEIVER.items,
        "delivery_max_bytes": pack.PAYLOAD_BYTES,
    }.items():
        (bound,) = (m.le for m in Settings.model_fields[name].metadata if hasattr(m, "le"))
        assert bound <= limit
