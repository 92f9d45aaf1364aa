"""``kpr-stream tail`` on a real stack: what an analyst sees live, and what the register notes."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final

import pytest

from kpr_stream.model.topics import ANALYST_CONSULTATION
from kpr_stream.settings import Settings
from tests.integration.sinks.conftest import Database, database
from tests.integration.test_projector import (
    MONDAY,
    Clock,
    at_ms,
    carry,
    child,
    opened,
    settings,
    write,
)
from tests.support.poll import HANGING_S, POLL_S
from tests.support.repository import ROOT
from tests.support.sink_records import consultation, key_of

__all__ = ["database", "settings"]
OLDER: Final = MONDAY - timedelta(days=60)
WHY: Final = ("--purpose", "A test of the tail")
PAST: Final = ("--from", "earliest", "--until-caught-up")
PAGE: Final = ROOT / "docs" / "analyse" / "topic.md"


async def projected(settings: Settings, *records: Any, lane: int = 1) -> None:
    """Write cleaned records and carry them to the analysts' topic."""
    await write(settings, records, lane=lane, at=at_ms(MONDAY))
    async with opened(settings, Clock(MONDAY)) as projections:
        await carry(projections)


async def entries(database: Database) -> list[tuple[str, str, str, int | None]]:
    rows = await database.fetch(
        "privacy",
        "SELECT kind, purpose, what, row_count FROM analytics.disclosure ORDER BY disclosure_id",
    )
    return [(r["kind"], r["purpose"], r["what"], r["row_count"]) for r in rows]


@asynccontextmanager
async def running(
    settings: Settings, *arguments: str, **environment: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A tail that follows; it is killed at the end if it still runs."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "kpr_stream", "tail", *arguments),
        env=os.environ | {"KPR_HOME": str(settings.home), "PYTHONPATH": str(ROOT), **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def ran(settings: Settings, *arguments: str, **environment: str) -> tuple[int, str, str]:
    """Run a tail to its end; return its exit code, standard output and standard error."""
    async with running(settings, *arguments, **environment) as tail:
        out, errors = await asyncio.wait_for(tail.communicate(), HANGING_S)
    return tail.returncode or 0, out.decode(), errors.decode()


async def line_of(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), HANGING_S)).decode()


async def begun(database: Database, number: int) -> None:
    """Wait until the register has noted that many tails: the positions are known by then."""

    async with asyncio.timeout(HANGING_S):
        while len(await entries(database)) < number:  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(POLL_S)


async def test_the_past_is_shown_as_it_is_now_and_never_what_was_replaced(
    settings: Settings, database: Database
) -> None:
    """A weight that was withdrawn, and a consultation that was deleted, are still on the topic."""
    await projected(
        settings,
        child(1, OLDER, MONDAY, weight_g=4321, municipality_code="0301"),
        child(2, OLDER, MONDAY, weight_g=4322, municipality_code="5001"),
        child(3, OLDER, MONDAY, weight_g=4323, system="eg-infodoc"),
        child(4, OLDER, MONDAY, service="HFU"),
    )
    await projected(
        settings,
        child(1, OLDER, MONDAY, weight_g=None, municipality_code="0301"),
        (2, consultation(2, status="deleted")),
    )
    code, out, errors = await ran(settings, *WHY, *PAST, "--json")
    assert code == 0, errors
    found = {row["consultation_key"]: row for row in map(json.loads, out.splitlines())}
    keys = {number: key_of(number).hex for number in (1, 2, 3, 4)}
    assert found.keys() == set(keys.values())
    assert (found[keys[1]]["shown"], found[keys[1]]["weight_g"]) == (True, None)
    assert found[keys[2]] == {"consultation_key": keys[2], "shown": False}
    assert found[keys[4]] == {"consultation_key": keys[4], "shown": False}
    assert "4321" not in out
    assert "4322" not in out
    assert found[keys[3]]["weight_g"] == 4323, "the search finds what is shown"
    assert "2 consultations shown, 2 removed" in errors

    code, out, errors = await ran(
        settings, *WHY, *PAST, "--municipality", "0301", "--system", "visma-hspro"
    )
    assert code == 0, errors
    head, *rows = out.splitlines()
    assert head.split()[:3] == ["date", "place", "unit"]
    assert {row.split()[0] for row in rows} == {str(MONDAY), "removed"}
    assert await entries(database) == [
        ("tail", WHY[1], f"{ANALYST_CONSULTATION}; from earliest", 2),
        (
            *("tail", WHY[1]),
            f"{ANALYST_CONSULTATION}; municipality 0301; system visma-hspro; from earliest",
            1,
        ),
    ]


async def test_a_tail_follows_until_it_is_interrupted_and_notes_what_it_has_shown(
    settings: Settings, database: Database
) -> None:
    await projected(settings, child(1, OLDER, MONDAY))
    async with running(settings, *WHY, "--json") as tail:
        await begun(database, 1)
        assert (await entries(database))[0][-1] is None, "noted before the first row"
        await projected(settings, child(5, OLDER, MONDAY), lane=6)
        first = json.loads(await line_of(tail))
        assert (first["consultation_key"], first["shown"]) == (key_of(5).hex, True)
        tail.send_signal(signal.SIGINT)
        _, errors = await asyncio.wait_for(tail.communicate(), HANGING_S)
    assert tail.returncode == 0
    assert b"1 consultations shown, 0 removed" in errors
    assert b"Traceback" not in errors
    assert [row_count for *_, row_count in await entries(database)] == [1]


async def test_a_limit_and_a_reader_that_has_enough_end_a_tail_in_order(
    settings: Settings, database: Database
) -> None:
    await projected(settings, *(child(n, OLDER, MONDAY) for n in range(200)))
    code, out, errors = await ran(settings, *WHY, "--from", "earliest", "--limit", "3", "--json")
    assert (code, len(out.splitlines())) == (0, 3), errors
    async with running(settings, *WHY, "--from", "earliest") as tail:
        await line_of(tail)
        assert tail.stdout is not None
        tail.stdout._transport.close()  # type: ignore[attr-defined] # as `head` closes it
        assert tail.stderr is not None
        errors = (await asyncio.wait_for(tail.stderr.read(), HANGING_S)).decode()
        await asyncio.wait_for(tail.wait(), HANGING_S)
    assert tail.returncode == 0, errors
    assert "BrokenPipe" not in errors
    counts = [row_count for *_, row_count in await entries(database)]
    assert counts[0] == 3
    assert counts[1] is not None


async def test_nothing_is_shown_if_the_register_cannot_note_it(
    settings: Settings, database: Database
) -> None:
    await projected(settings, child(1, OLDER, MONDAY))
    dsn = "postgresql://analyst:wrong@127.0.0.1:1/kpr"
    code, out, errors = await ran(settings, *WHY, *PAST, "--json", KPR_POSTGRES_DSN=dsn)
    assert (code, out) == (69, "")
    assert "DatabaseError" in errors
    for wrong in (("--purpose", " "), ("--purpose", "Child 13097248022"), ()):
        code, out, errors = await ran(settings, *wrong, *PAST, "--json")
        assert (code, out) == (2, ""), errors
    assert await entries(database) == []


@pytest.mark.parametrize("example", re.findall(r"(?m)^kpr-stream (tail .*)$", PAGE.read_text()))
async def test_the_examples_of_the_page_run(
    settings: Settings, database: Database, example: str
) -> None:
    made = [child(n, OLDER, MONDAY, municipality_code="0301") for n in range(1, 21)]
    await projected(settings, *made)
    del database
    words, _, _ = example.partition(" | ")
    async with running(settings, *shlex.split(words)[1:]) as tail:
        if "--limit" in words or "--until-caught-up" in words:
            out, errors = await asyncio.wait_for(tail.communicate(), HANGING_S)
            assert key_of(1).hex in out.decode()
        else:
            await line_of(tail)
            tail.send_signal(signal.SIGINT)
            _, errors = await asyncio.wait_for(tail.communicate(), HANGING_S)
    assert tail.returncode == 0, errors
