"""Who raises is refused alone; what is the process's own fault refuses nobody."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from polars.exceptions import PanicException

from kpr_stream.errors import DiskError, LaneError
from kpr_stream.keys.keyring import new_keyring, read_keyring
from kpr_stream.model.delivery import Arrived, DeliveryRefused, Prepared, SourceRecord
from kpr_stream.model.words import Cause, ReceiptStatus, Refusal
from kpr_stream.processor.decide import items
from kpr_stream.processor.decide.batch import Batch
from kpr_stream.processor.decide.delivery import source_id
from kpr_stream.processor.emit.cleaned import live_record
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.frame.prepare import FrameContext, prepare
from kpr_stream.processor.intake.arrive import arrive
from kpr_stream.processor.lanes.process_deliveries import micro_batch
from kpr_stream.processor.poison import isolate
from kpr_stream.processor.poison.isolate import (
    HealthCheck,
    assume_healthy,
    decide_isolated,
    isolated,
)
from kpr_stream.processor.state.contents import Contents
from kpr_stream.processor.state.memory import MemoryLedger
from kpr_stream.processor.worker.emitter import build_emitter
from kpr_stream.reference import load_reference
from tests.support.deliveries import consultation, opened
from tests.unit.processor.intake.test_sequence import envelope
from tests.unit.processor.lanes.test_frame_stage import arrived

SECRET = "a value that must not be told"


def a_panic() -> BaseException:
    """A panic of Polars; it is no Exception."""
    return PanicException(SECRET)


class Raising:
    """Work that raises where a poisoned delivery is among them."""

    def __init__(self, cause: BaseException, *poison: int) -> None:
        self.calls = 0
        self._cause, self._poison = cause, set(poison)

    def __call__(self, deliveries: Sequence[Arrived]) -> Sequence[Prepared | DeliveryRefused]:
        self.calls += 1
        if self._poison & {d.source.offset for d in deliveries}:
            raise self._cause
        return [Prepared(d, ()) for d in deliveries]


CAUSES = [ArithmeticError(SECRET), MemoryError(), RecursionError(SECRET), a_panic()]


@pytest.mark.parametrize("cause", CAUSES, ids=lambda c: type(c).__name__)
def test_who_raises_alone_is_refused_and_the_others_go_on(
    cause: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    work = Raising(cause, 3, 700)
    results = isolated(work)([arrived(n) for n in range(1000)])
    refused = {r.source.offset: r.reason for r in results if isinstance(r, DeliveryRefused)}
    assert refused == dict.fromkeys((3, 700), Refusal.RECEIVER_FAILED)
    assert [r.arrived.source.offset for r in results if isinstance(r, Prepared)] == [
        n for n in range(1000) if n not in {3, 700}
    ]
    # Halved, not tried one by one.
    assert work.calls < 50
    place = "offset 700 of kpr.hst.delivery.visma-hspro, lane 0"
    assert f"{place}: {type(cause).__name__}" in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize("cause", [DiskError("Full.", what_to_do="Make room."), SystemExit()])
def test_what_is_the_process_own_refuses_nobody(cause: BaseException) -> None:
    with pytest.raises(type(cause)):
        isolated(Raising(cause, 1))([arrived(1), arrived(2)])


def test_nobody_is_refused_for_a_fault_of_the_receivers_own() -> None:
    def unsound() -> None:
        raise LaneError("It fails at anything.", what_to_do="Mend it.")

    work = Raising(ArithmeticError(SECRET), *range(1000))
    with pytest.raises(LaneError):
        isolated(work, unsound)([arrived(n) for n in range(1000)])
    assert work.calls == 1


def test_whether_the_receiver_is_sound_is_asked_once_a_frame_that_raises() -> None:
    asked: list[None] = []
    safe = isolated(Raising(ArithmeticError(SECRET), 3, 700), lambda: asked.append(None))
    safe([arrived(n) for n in (1, 2)])
    assert asked == []
    safe([arrived(n) for n in range(1000)])
    assert len(asked) == 1


def fail_for(org_nr: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Raise where a cleaned record of one unit would be made."""

    def fails(emitter: Emitter, of: Arrived, *args: Any, **more: Any) -> Any:
        if of.envelope.org_nr == org_nr:
            raise ZeroDivisionError(SECRET)
        return live_record(emitter, of, *args, **more)

    monkeypatch.setattr(items, "live_record", fails)


@pytest.fixture(scope="module")
def context() -> FrameContext:
    return FrameContext(synthetic_ids=True, reference=load_reference())


@pytest.fixture(scope="module")
def emitter(tmp_path_factory: pytest.TempPathFactory, context: FrameContext) -> Emitter:
    path = tmp_path_factory.mktemp("keys") / "keyring.json"
    _write(path, new_keyring()[0])
    return build_emitter(read_keyring(path), context)


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value), "utf-8")
    path.chmod(0o600)


UNITS = ("974760673", "983658776", "889640782")
BAD = UNITS[1]


def settled(
    emitter: Any,
    context: FrameContext,
    ledger: Any = None,
    health_check: HealthCheck = assume_healthy,
) -> Batch:
    ready = prepare(
        [
            opened([consultation(n)], org_nr=unit, offset=n, sequence=1)
            for n, unit in enumerate(UNITS)
        ],
        context,
    )
    good = [r for r in ready if isinstance(r, Prepared)]
    assert len(good) == 3
    records: list[Arrived | DeliveryRefused] = [r.arrived for r in good]
    # And one that never got so far.
    records.insert(
        1,
        DeliveryRefused(
            SourceRecord(topic_index=0, partition=0, offset=9, received_at=0, key=None, value=None),
            Cause.NO_FRAME,
        ),
    )
    prepared = {source_id(r.arrived.source): r for r in good}
    return decide_isolated(
        records,
        prepared,
        ledger or MemoryLedger(),
        emitter,
        Contents(),
        health_check=health_check,
    )


def test_who_raises_while_settled_is_refused_and_leaves_nothing_else(
    emitter: Emitter,
    context: FrameContext,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = settled(emitter, context)
    fail_for(BAD, monkeypatch)
    batch = settled(emitter, context)
    assert [s.status for s in plain.deliveries] == [
        ReceiptStatus.PROCESSED,
        ReceiptStatus.REFUSED,
        ReceiptStatus.PROCESSED,
        ReceiptStatus.PROCESSED,
    ]
    assert [(s.org_nr, s.status, s.cause) for s in batch.deliveries] == [
        (UNITS[0], ReceiptStatus.PROCESSED, None),
        ("", ReceiptStatus.REFUSED, Cause.NO_FRAME),
        (BAD, ReceiptStatus.REFUSED, Cause.RECEIVER_FAILED),
        (UNITS[2], ReceiptStatus.PROCESSED, None),
    ]
    of_bad = {o.topic.rsplit(".", 1)[-1] for o in batch.outputs if o.header.source_offset == 1}
    assert of_bad == {"visma-hspro", "unit"}
    keys = {o.key for o in batch.outputs if o.topic == "kpr.hst.consultation"}
    written = {bytes.fromhex(key.decode()) for key in keys}
    assert len(written) == 2
    assert {key[1:] for key in batch.entries if key[:1] == b"c"} == written
    assert "ZeroDivisionError at" in caplog.text
    assert SECRET not in caplog.text


def test_who_raises_while_settled_is_not_refused_if_the_receiver_fails_at_anything(
    emitter: Emitter, context: FrameContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsound() -> None:
        raise LaneError("It fails at anything.", what_to_do="Mend it.")

    settled(emitter, context, health_check=unsound)
    fail_for(BAD, monkeypatch)
    with pytest.raises(LaneError):
        settled(emitter, context, health_check=unsound)


class BrokenLedger:
    def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        raise ValueError(keys)


def test_a_ledger_that_cannot_be_read_refuses_nobody(
    emitter: Emitter, context: FrameContext, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    with pytest.raises(ValueError, match=r".*"):
        settled(emitter, context, BrokenLedger())


def test_a_record_that_raises_on_arrival_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(record: SourceRecord) -> Arrived | DeliveryRefused:
        if record.offset == 1:
            raise RecursionError
        return arrive(record)

    monkeypatch.setattr(isolate, "arrive", dies)
    records = [
        SourceRecord(topic_index=0, partition=0, offset=n, received_at=0, key=None, value=b"x")
        for n in range(3)
    ]
    found = micro_batch(records, 100)
    assert len(found) == 3
    assert [r.reason for r in found if isinstance(r, DeliveryRefused)] == [
        Refusal.UNDECODABLE,
        Refusal.RECEIVER_FAILED,
        Refusal.UNDECODABLE,
    ]
    assert envelope(1).sequence == 1
