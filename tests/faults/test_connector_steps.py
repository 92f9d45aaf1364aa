"""Kill a real connector at every step of its life, before a real worker: nothing lost or doubled.

Each kill finds new work: a new unit's first file, and the next file of another one.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kpr_stream.audit.balance import outcomes_of
from kpr_stream.audit.rows import compare
from kpr_stream.keys.access import keyring
from kpr_stream.model import topics
from kpr_stream.model.words import System
from kpr_stream.settings import Settings
from kpr_stream.simulate.small.generate import Plan, simulate
from tests.faults.harness.cluster import Stack
from tests.faults.harness.connector import PLACES
from tests.faults.harness.connector_life import ConnectorLife, ReceivedData, read_received, working
from tests.support.stack import fresh_topics, keep_versions

TINY = 1
"""No record is so small."""
SYSTEMS = (System.EG_INFODOC, System.HELSEPLATTFORMEN)
_SPECIAL = ("make", "key", "hold", "release", "rebuild", "failed")
"""Steps that need a state of their own."""
USUAL = tuple(place for place in PLACES if not any(word in place for word in _SPECIAL))
_NEW_UNIT = ("add unit", "hello")
"""Steps that a unit reaches once."""


@pytest.mark.long
async def test_a_kill_at_every_step_loses_and_doubles_nothing(stack: Stack, tmp_path: Path) -> None:
    settings = stack.settings
    fresh_topics(settings)
    keep_versions(settings, topics.CONSULTATION)
    keep_versions(settings, topics.APPOINTMENT)
    exports = tmp_path / "exports"
    expected = simulate(Plan(600, 3, 16, fhir=True), exports)
    lives = {one: ConnectorLife(settings, one, exports / one, tmp_path / one) for one in SYSTEMS}
    life, of_fhir = lives[System.EG_INFODOC], lives[System.HELSEPLATTFORMEN]
    with working(settings, tmp_path):
        hit = [place async for place in first_start(life)]
        hit += [place async for place in every_usual_step(life)]
        hit += [place async for place in held_units(life)]
        hit += [place async for place in failed_file(life)]
        hit += [place async for place in first_snapshots(of_fhir)]
        for one in lives.values():
            one.export_the_rest()
            await one.recover()
    assert set(hit) == set(PLACES)
    received = await read_received(settings)
    require_the_truth(received, expected, exports / "truth.jsonl", settings)


async def first_start(life: ConnectorLife) -> AsyncIterator[str]:
    """The outbox is made; later, one of an earlier release is upgraded."""
    for when in ("before", "after"):
        life.export(new_unit=not life.inbox.is_dir())
        yield await died(life, f"{when} commit of make or upgrade")
    life.export(new_unit=True)
    await life.recover()
    for when in ("before", "after"):
        with sqlite3.connect(life.outbox) as earlier:
            earlier.execute("DROP TABLE IF EXISTS resource")
            earlier.execute("UPDATE meta SET value = '2' WHERE name = 'schema'")
        earlier.close()
        life.export(new_unit=False)
        yield await died(life, f"{when} commit of make or upgrade")
        await life.recover()


async def every_usual_step(life: ConnectorLife) -> AsyncIterator[str]:
    """Every step that each run with new files takes."""
    for place in USUAL:
        life.export(new_unit=any(word in place for word in _NEW_UNIT))
        yield await died(life, place)
        await life.recover()


async def held_units(life: ConnectorLife) -> AsyncIterator[str]:
    """Units that are held, released and made again."""
    for option, name in (("--release", "release"), ("--make-anew", "rebuild")):
        for when in ("before", "after"):
            life.export(new_unit=False)
            if name == "release":
                yield await died(life, f"{when} commit of hold", largest=TINY)
            exit_code, messages = await life.run(largest=TINY)
            assert exit_code == 1, messages
            assert "TOO_LARGE" in messages
            yield await died(life, f"{when} commit of {name}", option, "all")
            if when == "before":
                await life.run(option, "all")
            await life.recover()


async def failed_file(life: ConnectorLife) -> AsyncIterator[str]:
    """A file that cannot be used is set aside with its reason."""
    broken = life.inbox / "broken" / "000001_HST_Avtale_2024-01_20240201T040000Z.json"
    for place in ("before failed", "moved failed"):
        broken.parent.mkdir(exist_ok=True)
        broken.write_text("[{", "utf-8")
        yield await died(life, place)
        # A file that was moved has its reason beside it.
        assert broken.exists() or list(broken.parent.glob(".failed/*.reason.txt"))
        await life.recover()
        assert not broken.exists()


async def first_snapshots(life: ConnectorLife) -> AsyncIterator[str]:
    """The key of the fingerprints, and the parts of a snapshot that are kept one by one."""
    life.export(new_unit=True)
    for place in ("key written", "key in place"):
        yield await died(life, place)
        life.outbox.with_suffix(".key").unlink(missing_ok=True)
    for place in ("after commit of keep", "before commit of receipts"):
        yield await died(life, place)
    await life.recover()


async def died(life: ConnectorLife, place: str, *options: str, largest: int | None = None) -> str:
    """Let the connector die at a place; return the place."""
    await life.die_at(place, *options, largest=largest)
    return place


def require_the_truth(
    received: ReceivedData, expected: dict[str, Any], truth: Path, settings: Settings
) -> None:
    """Compare receipts and records with the simulator's truth."""
    assert received.holes == []
    assert received.books.doubled == 0
    for system in SYSTEMS:
        for org_nr, counts in expected["systems"][system]["units"].items():
            found = outcomes_of(received.books, [(system, org_nr)])
            assert found == counts["outcomes"], org_nr
    lines = map(json.loads, truth.read_text("utf-8").splitlines())
    wanted = [line for line in lines if line["system"] in SYSTEMS]
    compared = compare(wanted, received.held, keyring(settings).pseudonyms)
    assert compared.equal, compared
    assert compared.compared > 400
