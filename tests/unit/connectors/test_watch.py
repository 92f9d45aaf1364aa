"""What a connector that follows a folder says, and when."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kpr_stream.connectors.outbox.outbox import Outbox
from kpr_stream.connectors.outbox.protocol import UnitStatus
from kpr_stream.connectors.watch import EVERY_S, HeldUnit, Status, Watch
from kpr_stream.errors import BrokerError
from tests.unit.connectors.outboxes import UNIT, keep, opened, with_open_unit

TROUBLE = BrokerError("No receipt came.", what_to_do="Check that a worker runs.")


class Told:
    def __init__(self) -> None:
        self.now = 0.0
        self.statuses: list[Status] = []
        self.held: list[HeldUnit] = []
        self.watch = Watch(self.statuses.append, self.held.append, lambda: self.now)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    found = opened(tmp_path)
    with_open_unit(found)
    yield found
    found.close()


def test_all_is_well_once_a_minute(told: Told, outbox: Outbox) -> None:
    keep(outbox, "f", range(1, 3))
    for _ in range(int(2 * EVERY_S)):
        told.watch.look(outbox, trouble=None, answered=True)
        told.now += 1.0
    assert told.statuses == [Status(1, 0, 2, 0, None)] * 2


def test_a_trouble_is_told_when_it_begins_once_a_minute_and_when_it_ends(
    told: Told, outbox: Outbox
) -> None:
    told.watch.look(outbox, trouble=None, answered=False)
    for _ in range(int(EVERY_S) + 1):
        told.now += 1.0
        told.watch.look(outbox, trouble=TROUBLE, answered=False)
    told.watch.look(outbox, trouble=None, answered=False)
    assert [status.trouble for status in told.statuses] == [None, TROUBLE, TROUBLE, None]


def test_a_held_unit_is_told_at_once_with_what_to_do_and_again_if_it_is_held_again(
    told: Told, outbox: Outbox
) -> None:
    told.watch.look(outbox, trouble=None, answered=False)
    keep(outbox, "f", range(1, 3))
    for _ in range(2):
        with outbox.changing():
            outbox.hold_unit(UNIT, UnitStatus.BLOCKED, "CLEAR_PAYLOAD")
        told.watch.look(outbox, trouble=None, answered=True)
        told.watch.look(outbox, trouble=None, answered=True)
        outbox.release(UNIT)
        told.watch.look(outbox, trouble=None, answered=True)
    assert told.held == [HeldUnit(UNIT, 1, "CLEAR_PAYLOAD")] * 2
    assert f"--release {UNIT}" in told.held[0].what_to_do
    assert "End the other one" in HeldUnit(UNIT, 1, "ANOTHER_OUTBOX").what_to_do
