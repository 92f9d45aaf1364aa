"""Ask every question, and keep its time and its plan."""

from __future__ import annotations

import json
from collections.abc import Iterator
from statistics import median
from time import perf_counter
from typing import Any, Final

import asyncpg
import psutil

from bench.queries.questions import Question, is_behind_report, questions
from kpr_stream.database.connect import session
from kpr_stream.settings import Settings

ROUNDS: Final = 5
SLOW_MS: Final = 5_000
"""A question that takes longer is asked once more only: nobody waits for it in the report."""
BIG_PAGES: Final = 2_000
"""A table of more than 16 MB: reading it whole takes longer each year."""


async def ask_all(settings: Settings) -> dict[str, Any]:
    """Return milliseconds (median), server CPU and plan of every question."""
    found = {}
    for one in questions():
        asked = await ask(settings, one)
        found[one.name] = {"behind_report": is_behind_report(one.name), **asked}
        print(f"{found[one.name]['ms']} ms  {one.name}", flush=True)
    return found


async def ask(settings: Settings, one: Question) -> dict[str, Any]:
    """Ask one question: once to read what it needs, then ``ROUNDS`` times, a slow one once.

    ``ms`` is None if the limit of its role stops it.
    """
    async with session(settings, one.role) as connection:
        server = psutil.Process(connection.get_server_pid())
        taken, spent, rows = [], [], []
        began = perf_counter()
        try:
            for _ in range(ROUNDS + 1):
                began, cpu = perf_counter(), sum(server.cpu_times()[:2])
                rows = await connection.fetch(one.sql)
                taken.append(1000 * (perf_counter() - began))
                spent.append(1000 * (sum(server.cpu_times()[:2]) - cpu))
                if len(taken) > 1 and taken[0] > SLOW_MS:
                    break
        except asyncpg.QueryCanceledError:
            return {"ms": None, "stopped_after_s": round(perf_counter() - began)}
        plan = await connection.fetchval(f"EXPLAIN (VERBOSE, FORMAT JSON) {one.sql}")
        text = await connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS) {one.sql}")
    return {
        "ms": round(median(taken[1:]), 1),
        "server_cpu_ms": round(median(spent[1:]), 1),
        "first_ms": round(taken[0], 1),
        "rows": len(rows),
        "sequential": await big_scans(settings, json.loads(plan)[0]["Plan"]),
        "plan": [row[0] for row in text],
    }


async def big_scans(settings: Settings, plan: dict[str, Any]) -> list[str]:
    """Return the big tables that a plan reads whole."""
    whole = set(scanned(plan))
    async with session(settings, "kpr_owner") as connection:
        rows = await connection.fetch(
            "SELECT c.oid::regclass::text AS name FROM pg_class c "
            "WHERE c.oid::regclass::text = ANY($1::text[]) AND c.relpages > $2 ORDER BY 1",
            list(whole),
            BIG_PAGES,
        )
    return [row["name"] for row in rows]


def scanned(plan: dict[str, Any]) -> Iterator[str]:
    """Yield the tables that a plan reads sequentially."""
    if plan["Node Type"] == "Seq Scan":
        yield f"{plan['Schema']}.{plan['Relation Name']}"
    for part in plan.get("Plans", ()):
        yield from scanned(part)
