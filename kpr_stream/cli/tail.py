"""``kpr-stream tail``: consultations as analysts see them, while they change."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from kpr_stream.analytics.tail.follow import TailTotals
    from kpr_stream.analytics.tail.order import TailOrder
    from kpr_stream.analytics.tail.shown import TopicChange


def tail(
    purpose: Annotated[
        str, typer.Option("--purpose", help="Why, in words. Kept: never a person's id.")
    ],
    municipality: Annotated[
        str | None, typer.Option("--municipality", metavar="CODE", help="For example 0301.")
    ] = None,
    system: Annotated[
        str | None, typer.Option("--system", help="EPJ system, for example visma-hspro.")
    ] = None,
    start: Annotated[
        str, typer.Option("--from", metavar="TIME", help="earliest, latest, or a time (UTC).")
    ] = "latest",
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="End after N lines.")] = None,
    until_caught_up: Annotated[
        bool, typer.Option("--until-caught-up", help="Show what is there now, and end.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line on stdout.")
    ] = False,
) -> None:
    """Show consultations as they change, until Ctrl-C.

    Reads the analysts' topic. A consultation that is deleted, superseded, erased
    or of a health station for youth is shown as removed, whatever the filters
    are: the topic does not say more. A time is that of the record, not of the
    visit. The register notes who, when and why before the first row, and how
    many rows at the end.

    Example: kpr-stream tail --purpose "Check our new unit" --municipality 0301
    """
    import asyncio
    import time

    from kpr_stream.analytics.purpose import Purpose
    from kpr_stream.analytics.tail.order import TailOrder
    from kpr_stream.cli.arguments import parse_start
    from kpr_stream.cli.report import console
    from kpr_stream.model.words import system_named

    order = TailOrder(
        purpose=Purpose(purpose),
        start=parse_start(start, now_ms=round(time.time() * 1000)),
        municipality=municipality,
        system=None if system is None else system_named(system),
        limit=limit,
        until_caught_up=until_caught_up,
    )
    totals = asyncio.run(_follow(order, as_json=as_json))
    console.print(
        f"{totals.rows} consultations shown, {totals.removed} removed. "
        f"The register has noted it as disclosure {totals.disclosure_id}.",
        highlight=False,
    )


async def _follow(order: TailOrder, *, as_json: bool) -> TailTotals:
    import asyncio

    from kpr_stream.analytics.tail.follow import follow
    from kpr_stream.settings import Settings

    stop = asyncio.Event()
    _stop_on_signals(stop)
    return await follow(Settings(), order, _json() if as_json else _table(), stop)


def _json() -> Callable[[TopicChange], None]:
    from kpr_stream.cli.report import plain

    return lambda change: _print(json.dumps(plain(change.as_object()), ensure_ascii=False))


def _table() -> Callable[[TopicChange], None]:
    from kpr_stream.analytics.tail.shown import head
    from kpr_stream.cli.report import answers

    # A line that does not fit the window is cut: a broken one would end the columns.
    width = answers.width if answers.is_terminal else None
    with suppress(BrokenPipeError):  # the first row ends the tail
        _print(head()[:width])
    return lambda change: _print(change.as_line()[:width])


def _print(line: str) -> None:
    try:
        print(line, flush=True)  # noqa: T201 - this is the output
    except BrokenPipeError:
        # What is left in the buffer would fail once more at the end of the process.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise


def _stop_on_signals(stop: asyncio.Event) -> None:
    """Set ``stop`` at the first signal. A second one ends the process as it is."""
    import asyncio
    import signal

    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)

    def ask() -> None:
        stop.set()
        for number in numbers:
            loop.remove_signal_handler(number)

    for number in numbers:
        loop.add_signal_handler(number, ask)
