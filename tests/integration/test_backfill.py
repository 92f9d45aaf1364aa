"""``kpr-stream connect backfill`` on a real broker, against a small receiver of its own."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import AsyncIterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from kpr_stream.model.words import ReceiptStatus
from kpr_stream.settings import Settings
from tests.integration.connector_command import Command, end_all, ended, receiving, until
from tests.unit.connectors.exports import OTHER_UNIT, UNIT, consultation, unit, write

MONTHS = 30
ITEMS = 10
UNITS = (UNIT, OTHER_UNIT)
OLD, NEW = "1601", "5001"
"""Trondheim until the end of 2017, and since."""
LIVE = "000900_HST_Konsultasjon_2020-01-07_20200108T040000Z.json"


@pytest.fixture(autouse=True)
async def ended_connectors() -> AsyncIterator[None]:
    """No connector outlives its test."""
    yield
    await end_all()


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    """The history of two units, exported newest month first."""
    folder = tmp_path / "exports"
    for org_nr in UNITS:
        for at in range(MONTHS):
            month = f"{2017 + at // 12}-{at % 12 + 1:02}"
            name = f"{MONTHS - at:06}_HST_Konsultasjon_{month}_20200101T040000Z.json"
            items = [
                consultation(f"{month}-{n}", datoTid=f"{month}-07T10:15:00+01:00")
                for n in range(ITEMS)
            ]
            of_unit = unit(*items, org_nr=org_nr)
            of_unit |= {"kommuneNr": OLD if at < 12 else NEW, "bydelNr": None}
            write(folder / org_nr, [of_unit], name)
    return folder


def backfill(stack: Settings, exports: Path, outbox: Path) -> Command:
    return Command(stack, exports, outbox, command="backfill")


HISTORY = ("--from", "2017-01", "--to", "2019-12")


def progress_of(messages: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in messages.splitlines() if line.startswith('{"event"')]


async def test_a_backfill_that_is_killed_resumes_and_sends_each_month_once_in_order(
    stack: Settings, exports: Path, tmp_path: Path
) -> None:
    command = backfill(stack, exports, tmp_path / "outbox")
    async with receiving(stack) as receiver:
        for answers in (5, 20):
            process = await command.start(*HISTORY, "--items-per-second", "200")
            await until(lambda n=answers: len(receiver.processed) >= n)  # type: ignore[misc]
            process.kill()
            assert (await ended(process)).exit_code == -signal.SIGKILL
        done = await command.run(*HISTORY)
        again = await command.run(*HISTORY)
    assert done.exit_code == 0, done.messages
    assert ReceiptStatus.OUT_OF_ORDER not in receiver.answered
    for org_nr in UNITS:
        sent = [one for one in receiver.processed if one["org_nr"] == org_nr]
        assert [one["sequence"] for one in sent] == list(range(1, MONTHS + 1))
        assert all(a["period_from"] < b["period_from"] for a, b in pairwise(sent))
        municipalities = [one["municipality_code"] for one in sent]
        assert municipalities == [OLD] * 12 + [NEW] * (MONTHS - 12)
    last = progress_of(done.messages)[-1]
    assert (last["month"], last["months_done"], last["months"]) == (None, MONTHS, MONTHS)
    assert last["files_done"] == last["files"] == 2 * MONTHS
    assert last["bytes_done"] == last["bytes"] > 0
    assert last["seconds_left"] == 0
    assert 0 < last["items_answered"] < 2 * MONTHS * ITEMS
    assert done.told["total"]["items"] == 2 * MONTHS * ITEMS
    assert again.told["deliveries"] == 0
    assert progress_of(again.messages)[-1]["files_done"] == 2 * MONTHS


async def test_a_live_delivery_goes_before_the_history_of_its_unit_that_is_left(
    stack: Settings, exports: Path, tmp_path: Path
) -> None:
    command = backfill(stack, exports, tmp_path / "outbox")
    async with receiving(stack) as receiver:
        # The pace keeps history for longer than the connector looks for new files.
        process = await command.start(*HISTORY, "--items-per-second", "60")
        await until(lambda: len(receiver.processed) >= 4)
        live = unit(consultation("live", datoTid="2020-01-07T10:15:00+01:00"), org_nr=UNIT)
        live |= {"kommuneNr": NEW, "bydelNr": None}
        write(exports / UNIT, [live], f".{LIVE}").rename(exports / UNIT / LIVE)
        done = await ended(process)
    assert done.exit_code == 0, done.messages
    sent = [one for one in receiver.processed if one["org_nr"] == UNIT]
    assert [one["sequence"] for one in sent] == list(range(1, MONTHS + 2))
    assert sorted(one["period_from"] for one in sent) == [
        *(one["period_from"] for one in sent if one["period_from"] < date(2020, 1, 1)),
        date(2020, 1, 7),
    ]
    assert sent[-1]["period_from"] < date(2020, 1, 1), "the live delivery waited for the history"


async def test_people_read_how_far_it_is_in_a_pipe(
    stack: Settings, exports: Path, tmp_path: Path
) -> None:
    command = backfill(stack, exports, tmp_path / "outbox")
    command.arguments.remove("--json")
    async with receiving(stack):
        process = await command.start(*HISTORY)
        out, messages = await process.communicate()
    assert process.returncode == 0, messages
    assert f"{2 * MONTHS * ITEMS} items" in out.decode()
    *_, line = (line for line in messages.decode().splitlines() if " months, " in line)
    assert re.search(
        rf"^done: {MONTHS} of {MONTHS} months, {2 * MONTHS} of {2 * MONTHS} files \(100.0 %\), "
        rf"{2 * MONTHS * ITEMS} items answered, [0-9,]+/s, 0 s left\.$",
        line,
    ), line


async def test_what_is_no_month_is_refused_before_anything_is_opened(
    stack: Settings, exports: Path, tmp_path: Path
) -> None:
    done = await backfill(stack, exports, tmp_path / "outbox").run("--from", "2017")
    assert done.exit_code == 2
    assert "--from takes a month such as 2017-01" in done.messages
    assert not (tmp_path / "outbox").exists()
