"""What an outage writes into the log."""

from __future__ import annotations

import asyncio
import logging

import pytest

from kpr_stream.process import outage as tested
from kpr_stream.process.outage import AGAIN_S, Outage, reporting_silence

LOG = logging.getLogger("kpr_stream.test")


def test_an_outage_is_logged_at_once_then_once_a_minute_and_once_at_its_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    now = 0.0
    outage = Outage(LOG, clock=lambda: now)
    outage.ended("The broker")  # it was never away
    for _ in range(10 * round(AGAIN_S)):
        outage.failed("away for %.0f s", now)
        now += 0.2
    outage.ended("The broker")
    outage.ended("The broker")
    assert [record.getMessage() for record in caplog.records] == [
        "away for 0 s",
        "away for 60 s",
        "The broker is back after 120.0 s.",
    ]


async def test_a_thing_that_hangs_is_reported_while_it_hangs(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(tested, "SILENT_S", 0.01)
    logged = asyncio.Event()

    class Noted(Outage):
        def failed(self, message: str, *args: object) -> None:
            super().failed(message, *args)
            logged.set()

    outage = Noted(LOG)
    async with reporting_silence(outage, "The database", "3 rows wait"):
        await logged.wait()
    outage.ended("The database")
    first, last = (record.getMessage() for record in caplog.records)
    assert first.startswith("The database has not answered for")
    assert first.endswith("3 rows wait.")
    assert last.startswith("The database is back after")
