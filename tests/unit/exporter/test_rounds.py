"""The exporter's rounds: an outage keeps the last metrics, and what no retry heals ends it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.request import urlopen

import pytest

from kpr_stream.audit.books import Books
from kpr_stream.errors import BrokerError, TopicChangedError
from kpr_stream.exporter import run
from kpr_stream.exporter.admitted_releases import AdmittedReleases
from kpr_stream.exporter.clock import ExporterClock
from kpr_stream.exporter.quarantine import Quarantine
from kpr_stream.model.words import SYSTEMS
from kpr_stream.settings import Settings

AWAY = BrokerError("Kafka does not answer.", what_to_do="Start it.")
CHANGED = TopicChangedError("The topic was made again.", what_to_do="Accept it.")
READ_AT = 1_780_000_000.0
Ask = Callable[[], None]


class Rounds:
    """A reader of topics whose rounds end as listed; then the process is asked to stop."""

    def __init__(self, *ends: Exception | None) -> None:
        self._ends = iter(ends)
        self.done = 0
        self.heard_at = self.read_at = READ_AT
        self.closed = False
        self.units = SimpleNamespace(all=list, releases=SimpleNamespace(totals=dict))
        self.rejected = SimpleNamespace(totals=lambda _: Counter())
        self.releases = SimpleNamespace(stopped=dict)
        self.admissions = AdmittedReleases()
        self.unprocessed = dict.fromkeys(SYSTEMS, 0)
        self.quarantine, self.books = Quarantine(), Books({})
        self.after: Ask = lambda: None

    async def round(self) -> None:
        self.after()
        try:
            end = next(self._ends)
        except StopIteration:
            os.kill(os.getpid(), signal.SIGTERM)
            return
        self.done += 1
        if end is not None:
            raise end

    async def close(self) -> None:
        self.closed = True


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """Settings of an exporter on any free port; between rounds nothing is waited for."""
    monkeypatch.setattr(run, "ROUND_S", 0.0)
    monkeypatch.setattr(run, "AGAIN_MOST_S", 0.0)
    monkeypatch.setattr(run, "kafka_access", lambda *_: None)
    return Settings(home=tmp_path, metrics_port=0)


def follow(monkeypatch: pytest.MonkeyPatch, rounds: Rounds) -> Rounds:
    monkeypatch.setattr(run, "Follower", lambda *_, **__: rounds)
    return rounds


async def test_a_signal_ends_it_and_closes_the_reader(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    rounds = follow(monkeypatch, Rounds(None, None))
    ports: list[int] = []
    await run.run_exporter(settings, on_serving=ports.append)
    assert (rounds.done, rounds.closed, len(ports)) == (2, True, 1)


async def test_while_kafka_is_away_the_last_metrics_stay_and_the_outage_is_logged_once(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    rounds = follow(monkeypatch, Rounds(None, AWAY, AWAY, None))
    served: list[bool] = []
    texts: list[str] = []
    ports: list[int] = []

    def scrape() -> None:
        with urlopen(f"http://127.0.0.1:{ports[0]}/metrics") as answer:
            texts.append(answer.read().decode())
        served.append("kpr_books_checked_timestamp_seconds" in texts[-1])

    rounds.after = scrape
    await run.run_exporter(settings, on_serving=ports.append)
    assert served == [False, True, True, True, True]
    messages = [one.getMessage() for one in caplog.records if one.name == run.log.name]
    assert len([m for m in messages if "The last metrics stay until it answers." in m]) == 1
    assert len([m for m in messages if m.startswith("Kafka is back after")]) == 1


async def test_a_topic_that_was_made_again_ends_it_with_the_error(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    rounds = follow(monkeypatch, Rounds(None, CHANGED))
    with pytest.raises(TopicChangedError):
        await run.run_exporter(settings)
    assert rounds.closed


async def test_one_reading_closes_the_reader_also_when_kafka_is_away(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    rounds = follow(monkeypatch, Rounds(None))
    found = await run.read_once(settings)
    assert (found.read_at, found.units, rounds.closed) == (READ_AT, [], True)
    away = follow(monkeypatch, Rounds(AWAY))
    with pytest.raises(BrokerError):
        await run.read_once(settings)
    assert away.closed


@pytest.mark.usefixtures("settings")
async def test_the_reads_are_not_ready_while_kafka_is_away() -> None:
    stop = asyncio.Event()
    reads = run.Reads(Rounds(), clock=lambda: READ_AT)
    states: list[Any] = []

    class Once(Rounds):
        async def round(self) -> None:
            states.append(reads.against_ready())
            if len(states) == 3:
                stop.set()
            if len(states) == 2:
                raise AWAY

    collector = SimpleNamespace(snapshot=None)
    await run._rounds(Once(), collector, ExporterClock(), reads, stop)  # type: ignore[arg-type] # stand-ins
    assert states == ["The topics have not been read yet.", None, run.AWAY]
    assert collector.snapshot is not None
    assert reads.against_ready() is None
