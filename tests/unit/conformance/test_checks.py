"""Each check finds its own fault in a log, and nothing in a log that is right."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from kpr_stream.conformance import checks
from kpr_stream.conformance.orders import DELIVER
from kpr_stream.model.words import MessageType, System
from kpr_stream.processor.intake.arrive import read_envelope
from kpr_stream.trial_receiver.sent import Fate, SentRecord
from tests.support.deliveries import (
    ORG_NR,
    OTHER_ORG_NR,
    consultation,
    container,
    source_record,
)

SYSTEM = System.VISMA_HSPRO
RECEIPT: dict[str, Any] = {
    "status": "processed",
    "reason": None,
    "expected_sequence": 1,
    "counts": {},
    "items": [],
}
Change = Callable[[SentRecord], SentRecord]


@cache
def payload(sequence: int) -> bytes:
    """The bytes that an outbox keeps: made again, they would be others."""
    return container([consultation(10 * sequence)])


def record(
    number: int, *, org_nr: str = ORG_NR, sequence: int = 1, status: str = "processed", **more: Any
) -> SentRecord:
    items = [consultation(10 * sequence)] if "message_type" not in more else []
    clear = payload(sequence)
    source = source_record(items, org_nr=org_nr, sequence=sequence, payload=clear, **more)
    envelope, _ = read_envelope(source)
    assert source.value is not None
    return SentRecord(
        number=number,
        system=SYSTEM,
        partition=source.partition,
        offset=number,
        at_ms=source.received_at,
        key=source.key,
        value=source.value,
        envelope=envelope,
        clear=clear,
        receipts=({**RECEIPT, "status": status},),
        answered_before=number + 1,
        fate=Fate.SENT,
    )


def hello(number: int, org_nr: str = ORG_NR) -> SentRecord:
    return record(number, org_nr=org_nr, sequence=0, status="hello", message_type=MessageType.HELLO)


def envelope(one: SentRecord, **changes: Any) -> SentRecord:
    assert one.envelope is not None
    return replace(one, envelope=replace(one.envelope, **changes))


def right() -> list[SentRecord]:
    """A sender that does what it should; its second delivery is sent twice."""
    again = envelope(record(4, sequence=2, status="repeated"), attempt=2)
    return [hello(1), record(2), record(3, sequence=2), again, hello(5, OTHER_ORG_NR)]


def number_of(name: str) -> Any:
    """A member of the envelope of the first delivery."""
    return getattr(right()[1].envelope, name)


def orders() -> list[dict[str, Any]]:
    return [
        {"order": DELIVER, "org_nr": ORG_NR, "items": [consultation(10 * sequence)]}
        for sequence in (1, 2)
    ]


def changed(place: int, **changes: Any) -> list[SentRecord]:
    log = right()
    log[place] = envelope(log[place], **changes)
    return log


def other(place: int, **changes: Any) -> list[SentRecord]:
    log = right()
    log[place] = replace(log[place], **changes)
    return log


CHECKS: dict[str, Callable[[list[SentRecord]], Iterable[str]]] = {
    "hello_first": checks.hello_first,
    "sequences": checks.sequences,
    "attempts": checks.attempts,
    "same_bytes": checks.same_bytes,
    "one_delivery_a_sequence": checks.one_delivery_a_sequence,
    "key_and_partition": checks.key_and_partition,
    "own_topic": lambda log: checks.own_topic(log, SYSTEM),
    "encrypted": checks.encrypted,
    "fresh_nonces": checks.fresh_nonces,
    "nothing_in_clear": lambda log: checks.nothing_in_clear(log, [consultation(0)["fnr"], "k-1"]),
    "software_version": checks.software_version,
    "same_content": lambda log: checks.same_content(log, orders()),
}


@pytest.mark.parametrize("name", CHECKS)
def test_nothing_is_wrong_in_a_log_that_is_right(name: str) -> None:
    assert list(CHECKS[name](right())) == []


WRONG = [
    ("hello_first", right()[1:]),
    ("hello_first", [*right(), record(6, org_nr="310000000")]),
    ("sequences", [*right()[:2], record(4, sequence=3)]),
    ("sequences", changed(2, delivery_id=number_of("delivery_id"))),
    ("attempts", changed(3, attempt=1)),
    ("same_bytes", changed(3, content_digest=b"0" * 32)),
    ("same_bytes", changed(3, sequence=7)),
    ("one_delivery_a_sequence", changed(3, content_digest=b"0" * 32)),
    ("one_delivery_a_sequence", changed(3, delivery_id="00000000-0000-4000-8000-000000000001")),
    ("key_and_partition", other(1, key=b"1")),
    ("key_and_partition", other(1, partition=(right()[1].partition + 1) % 8)),
    ("own_topic", other(1, system=System.EG_INFODOC)),
    ("encrypted", changed(1, encryption=None)),
    ("fresh_nonces", changed(2, encryption=number_of("encryption"))),
    ("nothing_in_clear", other(1, value=consultation(0)["fnr"].encode())),
    ("nothing_in_clear", other(1, headers=(("trace", b"k-1"),))),
    ("nothing_in_clear", other(1, key=b"k-1")),
    ("software_version", changed(1, software_version="2.0")),
    ("software_version", changed(1, software_version="")),
    ("same_content", right()[:2]),
    ("same_content", [*right(), record(6, sequence=3)]),
    ("same_content", [*right(), record(6, sequence=2)]),
    ("same_content", other(1, clear=None)),
    ("same_content", other(1, clear=container([consultation(10, weight_g=9999)]))),
]


@pytest.mark.parametrize(("name", "log"), WRONG, ids=[f"{n}-{i}" for i, (n, _) in enumerate(WRONG)])
def test_each_fault_is_found(name: str, log: list[SentRecord]) -> None:
    assert list(CHECKS[name](log)) != []


def test_a_field_that_differs_is_named_and_its_value_is_not() -> None:
    log = other(1, clear=container([consultation(10, weight_g=9999)]))
    assert checks.same_content(log, orders()) == ["order 1 differs in weight_g"]


def test_what_another_sender_sent_is_not_judged() -> None:
    ours = replace(record(6, sequence=1, org_nr=OTHER_ORG_NR), ours=True)
    log = [*right()[:4], envelope(ours, software_version="another-sender", attempt=0)]
    for name, check in CHECKS.items():
        if name != "same_content":
            assert list(check(log)) == [], name


def test_the_most_unanswered_deliveries_are_counted() -> None:
    held = [
        replace(record(n, sequence=n), fate=Fate.HELD, answered_before=None) for n in range(1, 18)
    ]
    again = replace(envelope(record(18, sequence=1), attempt=2), answered_before=None)
    assert checks.most_unanswered([*held, again], ORG_NR) == 17
    answered = replace(held[0], answered_before=3)
    assert checks.most_unanswered([answered, *held[1:]], ORG_NR) == 16
    assert checks.most_unanswered(right(), ORG_NR) == 1


def test_an_id_in_the_senders_output_is_found() -> None:
    assert checks.quiet_log(b"sent 3 items", ["26912450014"]) == []
    (problem,) = checks.quiet_log(b"sent 26912450014", ["26912450014"])
    assert "26912450014" not in problem
