"""What a trial receiver does with an order, and what it shows while it answers."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from kpr_stream.keys.keyring import read_public_key
from kpr_stream.model.words import System
from kpr_stream.settings import Settings
from kpr_stream.trial_receiver.faults import FaultKind, PlayedFault
from kpr_stream.trial_receiver.sent import Fate
from kpr_stream.trial_receiver.vendor_files import VendorFolder
from tests.support.no_broker import NO_BROKER
from tests.unit.conformance.memory_broker import MemoryBroker, MemoryReceiver, another_sender_on

SYSTEM = System.VISMA_HSPRO
UNIT = "800000009"


class Trial:
    """A receiver whose broker is in memory, and one delivery on its way."""

    def __init__(self, folder: Path) -> None:
        self.receiver = MemoryReceiver(Settings(home=folder), SYSTEM, VendorFolder(folder))
        self.receiver.broker = self.broker = MemoryBroker(SYSTEM)

    async def deliver(self) -> None:
        key = read_public_key(self.receiver.folder.public_keys)
        await another_sender_on(self.broker)(NO_BROKER, SYSTEM, UNIT, sequence=1, key=key)

    async def one_round(self) -> None:
        await self.receiver._round(self.broker, self.broker)  # type: ignore[arg-type] # what it uses


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return Trial(tmp_path)


async def test_an_order_that_comes_while_the_reader_waits_is_played_before_the_record(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch = trial.broker.fetch

    async def ordered_meanwhile(_: MemoryBroker) -> dict[Any, Any]:
        trial.receiver.order(PlayedFault(kind=FaultKind.HOLD_RECEIPTS))
        return await fetch()

    monkeypatch.setattr(MemoryBroker, "fetch", ordered_meanwhile)
    await trial.deliver()
    await trial.one_round()
    (sent,) = trial.receiver.sent
    assert sent.fate is Fate.HELD
    assert trial.broker.receipts == []


async def test_an_answer_is_sent_when_it_was_written(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = trial.broker.write
    shown: list[Fate] = []

    async def watched(_: MemoryBroker, receipts: Any) -> None:
        await asyncio.sleep(0)
        shown.extend(one.fate for one in trial.receiver.sent)
        await write(receipts)

    monkeypatch.setattr(MemoryBroker, "write", watched)
    trial.receiver.order(PlayedFault(kind=FaultKind.DOUBLE_RECEIPTS))
    await trial.deliver()
    await trial.one_round()
    assert shown == [Fate.PENDING, Fate.PENDING]
    assert [one.fate for one in trial.receiver.sent] == [Fate.DOUBLED]
    assert len(trial.broker.receipts) == 2
