"""An RSA operation is spent on deliveries that may be processed, and on no others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, cast

import pytest

from kpr_stream.dry_receiver.run_now import at_once
from kpr_stream.model.command import CommandKind
from kpr_stream.model.delivery import Arrived, DeliveryRefused, Prepared, SourceRecord
from kpr_stream.model.topics import receipt_topic
from kpr_stream.model.words import System
from kpr_stream.processor.effects import BatchEffects
from kpr_stream.processor.frame.prepare import FrameContext, prepare
from kpr_stream.processor.intake.admission import AdmissionPolicy
from kpr_stream.processor.intake.arrive import arrive
from kpr_stream.processor.intake.decrypt import decrypt_delivery
from kpr_stream.processor.pipeline import decrypt_and_frame
from kpr_stream.reference import load_reference
from tests.support.commands import command_record
from tests.support.deliveries import consultation, private_keys, source_record
from tests.support.receiver import Receiver, arrive_all

SYSTEM = System.VISMA_HSPRO


class CountingKey:
    """A private key that counts how often it decrypts."""

    def __init__(self, key: Any) -> None:
        self._key, self.calls = key, 0

    def decrypt(self, *arguments: Any) -> bytes:
        self.calls += 1
        return cast("bytes", self._key.decrypt(*arguments))


KEYS = {name: CountingKey(key) for name, key in private_keys().items()}
WORK = decrypt_and_frame(
    partial(decrypt_delivery, private_keys=cast("Any", KEYS), allow_clear=False),
    partial(prepare, context=FrameContext(synthetic_ids=True, reference=load_reference())),
)


def delivery(sequence: int, offset: int, **more: Any) -> SourceRecord:
    return source_record([consultation(offset)], sequence=sequence, offset=offset, **more)


def damaged(record: SourceRecord) -> SourceRecord:
    """The record with its last byte changed: its content key opens, its payload does not."""
    assert record.value is not None
    return replace(record, value=record.value[:-1] + bytes([record.value[-1] ^ 1]))


def take(receiver: Receiver, *records: SourceRecord) -> tuple[int, list[tuple[str, str | None]]]:
    """How often the key was used for a batch, and status and reason of its receipts."""
    before = sum(key.calls for key in KEYS.values())
    known = len(receiver.read(receipt_topic(SYSTEM), "receipt"))

    async def prepared(of: Sequence[Arrived]) -> Sequence[Prepared | DeliveryRefused]:
        return WORK(of)

    receiver.take(
        *records,
        effects=BatchEffects(
            arrive=arrive_all,
            prepare=prepared,
            read_back=receiver.read_back,
            in_thread=at_once,
        ),
    )
    receipts = receiver.read(receipt_topic(SYSTEM), "receipt")[known:]
    spent = sum(key.calls for key in KEYS.values()) - before
    return spent, [(receipt["status"], receipt["reason"]) for receipt in receipts]


def test_every_delivery_that_is_processed_costs_one() -> None:
    calls, answers = take(Receiver(), delivery(1, 0), delivery(2, 1), delivery(3, 2))
    assert (calls, answers) == (3, [("processed", None)] * 3)


def test_a_repeat_costs_none_whether_it_comes_later_or_in_the_same_batch() -> None:
    receiver = Receiver()
    first = delivery(1, 0)
    same = [replace(first, offset=offset) for offset in (1, 2)]
    calls, answers = take(receiver, first, *same)
    assert (calls, answers) == (1, [("processed", None)] + [("repeated", None)] * 2)
    assert take(receiver, replace(first, offset=3)) == (0, [("repeated", None)])


def test_a_used_or_a_later_sequence_costs_none() -> None:
    receiver = Receiver()
    take(receiver, delivery(1, 0))
    calls, answers = take(receiver, delivery(1, 1), delivery(3, 2))
    assert (calls, answers) == (0, [("sequence_reused", None), ("out_of_order", None)])


def test_a_unit_without_an_agreement_costs_none() -> None:
    receiver = Receiver()
    receiver.emitter = replace(receiver.emitter, policy=AdmissionPolicy(agreement_required=True))
    calls, answers = take(receiver, delivery(1, 0), delivery(2, 1))
    assert calls == 0
    assert answers == [("refused", "NO_AGREEMENT"), ("out_of_order", None)]


def test_a_stopped_release_costs_none_and_the_next_version_goes_through() -> None:
    receiver = Receiver()
    receiver.order(command_record(CommandKind.STOP_RELEASE, org_nr=None, software_version="bad"))
    calls, answers = take(
        receiver,
        delivery(1, 0, software_version="bad"),
        delivery(2, 1, software_version="bad"),
        delivery(1, 2, software_version="good"),
        delivery(2, 3, software_version="good"),
    )
    assert calls == 2
    assert answers == [
        ("refused", "RELEASE_STOPPED"),
        ("out_of_order", None),
        ("processed", None),
        ("processed", None),
    ]


def test_a_correction_in_the_same_batch_is_opened_once_the_first_is_refused() -> None:
    first = delivery(1, 0)
    calls, answers = take(Receiver(), damaged(first), replace(first, offset=1), delivery(2, 2))
    assert calls == 3
    assert answers == [("refused", "DECRYPTION_FAILED"), ("processed", None), ("processed", None)]


def test_a_correction_of_what_is_refused_only_when_it_is_decided_is_opened_too() -> None:
    """The first delivery stops its own release; a second version of the second one follows."""
    receiver = Receiver()
    limits = replace(receiver.emitter.policy.release_limits, consecutive=1)
    receiver.emitter = replace(receiver.emitter, policy=AdmissionPolicy(False, limits))
    without_start = [consultation(n, start=None) for n in range(2)]
    calls, answers = take(
        receiver,
        source_record(without_start, sequence=1, offset=0, software_version="bad"),
        delivery(2, 1, software_version="bad"),
        delivery(2, 2, software_version="good"),
    )
    assert calls == 3
    assert answers == [("processed", None), ("refused", "RELEASE_STOPPED"), ("processed", None)]


@pytest.mark.parametrize("size", [0, 15])
def test_a_payload_too_short_for_its_tag_costs_none(size: int) -> None:
    arrived = arrive(delivery(1, 0))
    assert isinstance(arrived, Arrived)
    envelope = replace(arrived.envelope, payload=bytes(size))
    before = sum(key.calls for key in KEYS.values())
    refused = decrypt_delivery(
        replace(arrived, envelope=envelope), cast("Any", KEYS), allow_clear=False
    )
    assert isinstance(refused, DeliveryRefused)
    assert refused.reason == "DECRYPTION_FAILED"
    assert sum(key.calls for key in KEYS.values()) == before
