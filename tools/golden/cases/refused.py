"""One case for each cause of a refusal, in the order of the checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from kpr_stream.model.limits import RECEIVER
from kpr_stream.model.partition import partition_of
from kpr_stream.model.release import ReleaseLimits
from kpr_stream.model.topics import PARTITIONS
from kpr_stream.model.words import Cause, MessageType, Outcome, ReceiptStatus
from kpr_stream.schemas.encoder import FRAME
from kpr_stream.schemas.wire import encode
from tests.support.deliveries import appointment, consultation
from tools.golden.case import Case, Need
from tools.golden.raw import cut, deflated, item_bytes, raw_container
from tools.golden.sender import OTHER_SYSTEM, Sender, container

REFUSED = ReceiptStatus.REFUSED
HELLO = MessageType.HELLO
NEEDS = {
    Cause.RECORD_TOO_LARGE: Need.LARGE_RECORDS,
    Cause.NO_AGREEMENT: Need.AGREEMENT,
    Cause.RELEASE_NOT_ADMITTED: Need.ADMISSION,
    Cause.RECEIVER_FAILED: Need.FAULT,
}


def cases(unit: Iterator[str]) -> Iterator[Case]:
    """Every case of this kind."""
    for cause in Cause:
        one = Sender(f"refused-{cause.lower().replace('_', '-')}", next(unit))
        _send(one, cause)
        shows = f"Refused: {cause}."
        yield Case(name=one.name, shows=shows, sent=one.sent, needs=NEEDS.get(cause))


def _send(one: Sender, cause: Cause) -> None:
    if cause in _RECORDS:
        _RECORDS[cause](one)
    elif cause in _ENVELOPES:
        one.send([consultation(1)], status=REFUSED, cause=cause, **_ENVELOPES[cause])
    else:
        clear, count = _payload(cause)
        one.send(clear=clear, item_count=count, status=REFUSED, cause=cause)


_ENVELOPES: dict[Cause, dict[str, Any]] = {
    Cause.WRONG_SYSTEM: {"changes": {"system": OTHER_SYSTEM.value}},
    Cause.UNKNOWN_MESSAGE_TYPE: {"changes": {"message_type": "konsultasjon"}},
    Cause.DELIVERY_ID_NOT_UUID: {"delivery_id": "delivery-1"},
    Cause.ATTEMPT_BELOW_ONE: {"attempt": 0},
    Cause.SEQUENCE_BELOW_ONE: {"sequence": 0},
    Cause.ITEM_COUNT_NEGATIVE: {"item_count": -1},
    Cause.DIGEST_NOT_32_BYTES: {"content_digest": b"too short"},
    Cause.CLOCK_AHEAD: {"extracted_at": datetime(2099, 1, 1, tzinfo=UTC)},
    Cause.CLOCK_BEHIND: {"extracted_at": datetime(2016, 12, 31, tzinfo=UTC)},
    Cause.CONTRACT_VERSION_UNKNOWN: {"contract_version": "999"},
    Cause.NO_AGREEMENT: {},
    Cause.RELEASE_NOT_ADMITTED: {},
    Cause.RECEIVER_FAILED: {},
    Cause.UNKNOWN_KEY: {"encryption": {"key_id": "kpr-of-nobody"}},
    Cause.WRAPPED_KEY_NOT_DECRYPTED: {"encryption": {"wrapped_key": bytes(384)}},
    Cause.PAYLOAD_NOT_DECRYPTED: {"encryption": {"nonce": bytes(12)}},
    Cause.DIGEST_MISMATCH: {"content_digest": bytes(32)},
    Cause.COUNT_MISMATCH: {"item_count": 2},
    Cause.TOO_MANY_ITEMS: {"item_count": RECEIVER.items + 1},
}


def _payload(cause: Cause) -> tuple[bytes, int]:
    one = item_bytes([consultation(1)])
    large = item_bytes([consultation(2, department_id="x" * RECEIVER.item_bytes)])
    inflated = bytes(RECEIVER.inflated_bytes + 1)
    made: dict[Cause, Callable[[], tuple[bytes, int]]] = {
        Cause.NOT_A_CONTAINER: lambda: (one, 1),
        Cause.CODEC_UNKNOWN: lambda: (raw_container(one, count=1, codec="snappy"), 1),
        Cause.OTHER_SCHEMA: lambda: (container([appointment(1)], MessageType.APPOINTMENT), 1),
        Cause.CONTAINER_DAMAGED: lambda: (cut([consultation(1)]), 1),
        Cause.BLOCK_NOT_INFLATED: lambda: (raw_container(one, count=1, codec="deflate"), 1),
        Cause.INFLATED_TOO_LARGE: lambda: (
            deflated(inflated, count=1),
            1,
        ),
        Cause.ITEMS_NOT_READABLE: lambda: (raw_container(one[:-1] + b"\xff", count=1), 1),
        Cause.ITEM_TOO_LARGE: lambda: (deflated(one + large, count=2), 2),
    }
    return made[cause]()


def _no_value(one: Sender) -> None:
    one.put(None, cause=Cause.NO_VALUE)


def _record_too_large(one: Sender) -> None:
    value = _good(one)
    one.put(value, cause=Cause.RECORD_TOO_LARGE, zeros=RECEIVER.record_bytes + 1 - len(value))


def _no_frame(one: Sender) -> None:
    one.put(_good(one)[FRAME.size :], cause=Cause.NO_FRAME)


def _envelope_not_readable(one: Sender) -> None:
    one.put(_good(one)[:-1], cause=Cause.ENVELOPE_NOT_READABLE)


def _invalid_org_nr(one: Sender) -> None:
    invalid = one.org_nr[:-1] + str((int(one.org_nr[-1]) + 1) % 10)
    cause = Cause.INVALID_ORG_NR
    one.send([consultation(1)], status=REFUSED, cause=cause, org_nr=invalid, key=invalid.encode())


def _wrong_key(one: Sender) -> None:
    key = f'"{one.org_nr}"'.encode()
    one.send([consultation(1)], status=REFUSED, cause=Cause.WRONG_KEY, key=key)


def _wrong_partition(one: Sender) -> None:
    other = (partition_of(one.org_nr) + 1) % PARTITIONS
    one.send([consultation(1)], status=REFUSED, cause=Cause.WRONG_PARTITION, partition=other)


def _hello_with_content(one: Sender) -> None:
    cause = Cause.HELLO_WITH_CONTENT
    one.send(message_type=HELLO, sequence=1, status=REFUSED, cause=cause)


def _clear_payload(one: Sender) -> None:
    clear, cause = container([consultation(1)]), Cause.CLEAR_PAYLOAD
    one.send([consultation(1)], clear=clear, payload=clear, status=REFUSED, cause=cause)


def _release_stopped(one: Sender) -> None:
    count = ReleaseLimits().consecutive
    without_id = [{"operation": "upsert"} for _ in range(count)]
    one.send(without_id, outcomes={Outcome.REJECTED: count})
    one.send([consultation(1)], sequence=2, status=REFUSED, cause=Cause.RELEASE_STOPPED)
    version = "golden-corrected-release"
    one.send(
        [consultation(1)],
        sequence=2,
        attempt=2,
        software_version=version,
        outcomes={Outcome.ACCEPTED: 1},
    )


def _good(one: Sender) -> bytes:
    """The bytes of a good delivery of the unit, which is not sent."""
    like = Sender(one.name, one.org_nr)
    return encode("delivery", like.send([consultation(1)]))


_RECORDS = {
    Cause.NO_VALUE: _no_value,
    Cause.RECORD_TOO_LARGE: _record_too_large,
    Cause.NO_FRAME: _no_frame,
    Cause.ENVELOPE_NOT_READABLE: _envelope_not_readable,
    Cause.INVALID_ORG_NR: _invalid_org_nr,
    Cause.WRONG_KEY: _wrong_key,
    Cause.WRONG_PARTITION: _wrong_partition,
    Cause.HELLO_WITH_CONTENT: _hello_with_content,
    Cause.CLEAR_PAYLOAD: _clear_payload,
    Cause.RELEASE_STOPPED: _release_stopped,
}
