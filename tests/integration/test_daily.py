"""The connector from day to day on a real broker: quiet days, outages, missing files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from kpr_stream.settings import Settings
from tests.integration.connector_command import Command, end_all, ended, receiving, until
from tests.unit.connectors.exports import UNIT, consultation, unit, write

DAY = timedelta(days=1)
FIRST = datetime.now(UTC).date() - 20 * DAY


@pytest.fixture(autouse=True)
async def ended_connectors() -> AsyncIterator[None]:
    """No connector outlives its test."""
    yield
    await end_all()


def export(folder: Path, number: int, day: int, *local_ids: str) -> None:
    """Write the file of a day, counted from the first, as an EPJ does: complete at once."""
    on = FIRST + day * DAY
    name = f"{number:06}_HST_Konsultasjon_{on}_{on + DAY:%Y%m%d}T040000Z.json"
    items = [consultation(one, datoTid=f"{on}T10:15:00+01:00") for one in local_ids]
    write(folder / UNIT, [unit(*items)], f".{name}").rename(folder / UNIT / name)


async def test_after_an_outage_the_periods_have_no_holes_and_a_missing_file_is_reported(
    stack: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "exports"
    command = Command(stack, folder, tmp_path / "outbox")
    export(folder, 1, 0, "k-1")
    async with receiving(stack) as receiver:
        process = await command.start("--follow")
        await until(lambda: len(receiver.processed) == 1)
        process.kill()
        await ended(process)
        # While nobody reads: a day with lists that are empty, and two days without any file.
        export(folder, 2, 1)
        export(folder, 3, 4, "k-2")
        process = await command.start("--follow")
        await until(lambda: len(receiver.processed) == 4)
        # Number 4 is lost, and with it day 5.
        export(folder, 5, 6, "k-3")
        await until(lambda: len(receiver.processed) == 5)
        process.terminate()
        done = await ended(process)
    sent = receiver.processed
    assert [one["sequence"] for one in sent] == [1, 2, 3, 4, 5]
    assert [one["item_count"] for one in sent] == [1, 0, 0, 1, 1]
    days = [(of(one["period_from"]), of(one["period_to"])) for one in sent]
    assert days == [(0, 0), (1, 1), (2, 3), (4, 4), (6, 6)]
    assert all(before[1] + 1 == after[0] for before, after in pairwise(days[:-1]))
    gaps = [line for line in done.messages.splitlines() if line.startswith("Gap ")]
    assert any("file numbers 000004 to 000004" in line for line in gaps), done.messages
    assert not any("quiet" in line and "000004" in line for line in gaps)


def of(day: date) -> int:
    """Count a day from the first."""
    return (day - FIRST).days
