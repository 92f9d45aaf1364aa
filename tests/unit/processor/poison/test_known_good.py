"""The delivery of our own: it goes through, and tells where the receiver fails at anything."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NoReturn

import pytest
from polars.exceptions import PanicException

from kpr_stream.errors import DiskError, LaneError
from kpr_stream.keys.keyring import KeyRing, new_keyring, read_keyring
from kpr_stream.model.delivery import Arrived, DeliveryRefused, Prepared
from kpr_stream.model.words import Cause
from kpr_stream.processor.decide import items
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.frame.prepare import prepare
from kpr_stream.processor.intake.admission import AdmissionPolicy
from kpr_stream.processor.pipeline import decrypt_and_frame
from kpr_stream.processor.poison.isolate import Work
from kpr_stream.processor.poison.known_good import self_test
from kpr_stream.processor.worker.emitter import build_emitter
from kpr_stream.processor.worker.frame_context import frame_context
from kpr_stream.processor.worker.frame_work import decrypt_with
from kpr_stream.settings import Environment, Settings

SECRET = "a value that must not be told"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    path = tmp_path_factory.mktemp("keys") / "keyring.json"
    path.write_text(json.dumps(new_keyring()[0]), "utf-8")
    path.chmod(0o600)
    return read_keyring(path)


def real(keys: KeyRing, environment: Environment = Environment.TEST) -> tuple[Work, Emitter]:
    context = frame_context(Settings(environment=environment))
    work = decrypt_and_frame(
        decrypt_with(keys, allow_clear=False), partial(prepare, context=context)
    )
    return work, build_emitter(keys, context)


@pytest.mark.parametrize("environment", Environment)
def test_it_goes_through_without_any_finding(environment: Environment, keys: KeyRing) -> None:
    work, emitter = real(keys, environment)
    test = self_test(work, keys, replace(emitter, policy=AdmissionPolicy(agreement_required=True)))
    test.prepares()
    test.decides()
    (prepared,) = work([test.sample])
    assert isinstance(prepared, Prepared)
    assert [(item.findings, item.rejected) for item in prepared.items] == [((), False)]


@pytest.mark.parametrize(
    "cause",
    [ZeroDivisionError(SECRET), MemoryError(), PanicException(SECRET)],
    ids=lambda c: type(c).__name__,
)
def test_what_raises_at_it_is_told_without_any_value(cause: BaseException, keys: KeyRing) -> None:
    def broken(_: Sequence[Arrived]) -> NoReturn:
        raise cause

    test = self_test(broken, keys, real(keys)[1])
    for ask in (test.prepares, test.decides):
        with pytest.raises(
            LaneError, match=f"preparing its own delivery.*{type(cause).__name__} at"
        ) as told:
            ask()
        assert SECRET not in str(told.value)


def test_a_refusal_of_it_is_no_good_either(keys: KeyRing) -> None:
    def refusing(deliveries: Sequence[Arrived]) -> list[Prepared | DeliveryRefused]:
        return [DeliveryRefused(d.source, Cause.ITEMS_NOT_READABLE, d.envelope) for d in deliveries]

    with pytest.raises(LaneError, match="it is refused"):
        self_test(refusing, keys, real(keys)[1]).prepares()


def test_a_fault_in_deciding_is_told(keys: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> NoReturn:
        raise ZeroDivisionError(SECRET)

    work, emitter = real(keys)
    monkeypatch.setattr(items, "live_record", fails)
    test = self_test(work, keys, emitter)
    test.prepares()
    with pytest.raises(LaneError, match="deciding its own delivery"):
        test.decides()


def test_an_error_of_the_process_stays_what_it_is(keys: KeyRing) -> None:
    def full(_: Sequence[Arrived]) -> NoReturn:
        raise DiskError("Full.", what_to_do="Make room.")

    with pytest.raises(DiskError):
        self_test(full, keys, real(keys)[1]).prepares()
