"""A real stack in trouble: exactly the right alerts are pending, then fire, then are resolved."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from kpr_stream.model.topics import CONSULTATION
from kpr_stream.model.words import System
from kpr_stream.settings import Settings
from tests.acceptance.prometheus.alerting import Alert, alerts
from tests.acceptance.prometheus.stations import Station, delivering
from tests.acceptance.prometheus.watched import (
    CONTACT,
    OPERATORS,
    WHY,
    Watched,
    child,
    watched,
)
from tests.integration.at_work import command_line, units_of_lane, wait_until
from tests.support.deliveries import consultation
from tests.support.promql import metric_names
from tests.support.repository import ROOT
from tests.support.stack import fresh_topics, limit_batches, one_stack
from tests.unit.cli.test_examples import LEFT_OUT, lines_of
from tools.alerts.table import ALERTS, RECORDED

GROUP: Final = "kpr-hst-alerts"
LANE: Final = 2
TINY_BYTES: Final = 200
"""A batch limit that every row exceeds, and no marker that ends a transaction."""
IN_A_ROW: Final = 10
SYSTEM: Final = System.EG_INFODOC
VENDOR: Final = System.VISMA_HSPRO
BAD_VERSION: Final = "2.1"
UNSAFE: Final = ("-m", "tests.acceptance.prometheus.unsafe_worker")
RUNBOOKS: Final = ROOT / "docs" / "operate" / "runbooks"
LOOKING: Final = [
    ["unit", "list"],
    ["unit", "show"],
    ["release", "list"],
    ["quarantine", "list"],
    ["delivery", "show"],
    ["registry", "list"],
    ["topics", "check"],
    ["sink", "verify"],
    ["exporter", "--once"],
]
"""Commands that change nothing."""
IN_A_SENTENCE: Final = {"kpr-stream unit show", "kpr-stream delivery show"}
"""Names of commands, in a sentence of a page: without what they show."""

ONLY_IN_TROUBLE: Final = {
    "kpr_key_expires_timestamp_seconds",
    "kpr_release_admitted_until_timestamp_seconds",
    "kpr_release_stopped_since_timestamp_seconds",
    "kpr_unit_blocked_since_timestamp_seconds",
}
"""Series that are there only while there is something to say."""

WATCHDOG: Final[Alert] = ("Watchdog", ())
STOPPED: Final[Alert] = (
    "ReleaseStopped",
    (("software_version", BAD_VERSION), ("system", str(VENDOR))),
)
NO_SINK: Final[Alert] = ("SinkStopped", (("sink", "content"),))
NO_PROJECTOR: Final[Alert] = ("ProjectorStopped", ())
BOOKS: Final[Alert] = (
    "BooksDoNotBalance",
    (("fault", "rows_missing"), ("system", str(SYSTEM))),
)
FIRING: Final = 'alertstate="firing",alertname!~"ReceiptsSlow|RowsLate|DiskFills"'
"""How fast this machine is, and how full its disk is, is not tried here."""


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Settings]:
    """An embedded stack of its own."""
    with one_stack(tmp_path / "home") as settings:
        yield settings


async def test_each_trouble_has_its_alert_and_no_other(stack: Settings, tmp_path: Path) -> None:
    silent, heard, vendor_unit = units_of_lane(LANE, 3)
    stations = Station(silent, SYSTEM), Station(heard, SYSTEM)
    bad = Station(vendor_unit, VENDOR, BAD_VERSION)
    silence: Alert = (
        "UnitSilent",
        (
            ("municipality", "0301"),
            ("municipality_name", "Oslo - Oslove"),
            ("org_nr", silent),
            ("system", str(SYSTEM)),
        ),
    )
    async with watched(
        stack,
        tmp_path,
        group=GROUP,
        contact_of=silent,
        worker=UNSAFE,
        KPR_RELEASE_MAX_CONSECUTIVE=str(IN_A_ROW),
    ) as trouble:
        await trouble.server.until(f"count(ALERTS{{{FIRING}}}) == 1")
        async with delivering(trouble.work, stations[1]):
            await stations[0].deliver(trouble.work, consultation(1))
            await every_series_of_the_rules_is_served(trouble)
            await a_release_is_stopped(trouble, bad)
            await is_stopped(trouble, "content", NO_SINK)
            await is_stopped(trouble, "projector", NO_PROJECTOR)
            await the_commands_of_the_runbooks_work(trouble)
            await fires(trouble, silence)
            await wait_until(lambda: bool(trouble.mails.to(CONTACT)))
            async with delivering(trouble.work, stations[0]):
                await ends(trouble, silence)
                rows_are_lost = await stations[1].deliver(trouble.work)
                assert rows_are_lost["status"] == "processed"
                await a_book_is_unbalanced(trouble, stations[1])
        ever = await alerts(trouble.server, FIRING, "30m")
        await the_books_begin_again(trouble)
    assert ever == {WATCHDOG, STOPPED, NO_SINK, NO_PROJECTOR, silence, BOOKS}
    (mail,) = trouble.mails.to(CONTACT)[:1]
    assert mail["Subject"] == f"KPR: Vi har ikke fått dagens innsending ({silent})"
    text = mail.get_body(("plain",))
    assert text is not None
    assert "Dette kan dere gjøre:" in text.get_content()
    assert trouble.mails.to(OPERATORS)


async def fires(trouble: Watched, alert: Alert) -> None:
    """Wait until an alert fires; nothing else but the watchdog does."""
    await trouble.server.until(f'ALERTS{{{FIRING},alertname="{alert[0]}"}}')
    assert await alerts(trouble.server, FIRING) == {WATCHDOG, alert}
    pending = f'alertname="{alert[0]}",alertstate="pending"'
    assert alert in await alerts(trouble.server, pending, "30m"), "it fired without waiting"


async def ends(trouble: Watched, alert: Alert) -> None:
    """Wait until an alert is resolved."""
    await trouble.server.until(f'absent(ALERTS{{{FIRING},alertname="{alert[0]}"}})')


async def every_series_of_the_rules_is_served(trouble: Watched) -> None:
    """A rule over a series that nobody serves never fires."""
    expressions = *(one.expression for one in ALERTS), *(one.expression for one in RECORDED)
    wanted = {name for one in expressions for name in metric_names(one) if ":" not in name}
    assert wanted > ONLY_IN_TROUBLE
    for name in sorted(wanted - ONLY_IN_TROUBLE):
        await trouble.server.until(name)


async def a_release_is_stopped(trouble: Watched, bad: Station) -> None:
    """Its unit is paused: that it says nothing more is no alert."""
    rejected = [consultation(n, consultation_id=f"x-{n}", start=None) for n in range(IN_A_ROW)]
    assert (await bad.deliver(trouble.work, *rejected))["counts"]["rejected"] == IN_A_ROW
    vendor = ("--system", str(VENDOR))
    await trouble.command("unit", "pause", bad.org_nr, *vendor, "--from", "2026-01-01", *WHY)
    await fires(trouble, STOPPED)
    await trouble.command("release", "resume", *vendor, "--version", BAD_VERSION, *WHY)
    await ends(trouble, STOPPED)


async def is_stopped(trouble: Watched, process: str, alert: Alert) -> None:
    one = trouble.children[process]
    one.stop()
    await fires(trouble, alert)
    one.start()
    await ends(trouble, alert)


async def a_book_is_unbalanced(trouble: Watched, station: Station) -> None:
    """The broker refuses a row, and the worker does not look."""
    limit_batches(trouble.settings, CONSULTATION, TINY_BYTES)
    try:
        items = [consultation(n, consultation_id=f"y-{n}") for n in range(IN_A_ROW)]
        receipt = await station.deliver(trouble.work, *items)
    finally:
        limit_batches(trouble.settings, CONSULTATION)
    assert receipt["counts"]["accepted"] == IN_A_ROW
    await fires(trouble, BOOKS)


async def the_books_begin_again(trouble: Watched) -> None:
    """Topics that were made again, and an exporter that has nothing to compare with."""
    await trouble.worker.aclose()
    trouble.children["exporter"].stop()
    fresh_topics(trouble.settings)
    again = child(trouble.settings, trouble.folder, "exporter", f"{GROUP}-again")
    again.start()
    try:
        await trouble.server.until("count(kpr_books_imbalance_deliveries == 0) > 0")
        await ends(trouble, BOOKS)
    finally:
        again.stop()


async def the_commands_of_the_runbooks_work(trouble: Watched) -> None:
    """Those that only look."""
    lines = {
        line
        for page in RUNBOOKS.glob("*.md")
        for line in lines_of(page.read_text("utf-8"))
        if not LEFT_OUT.search(line) and line.split()[1:3] in LOOKING
    } - IN_A_SENTENCE
    assert len(lines) > len(LOOKING)
    for line in sorted(lines):
        code, _, err = await command_line(trouble.settings, *shlex.split(line)[1:])
        assert code in (0, 1), (line, err)
        assert "Traceback" not in err, line
