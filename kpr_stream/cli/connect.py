"""``kpr-stream connect``: send an EPJ's export and wait for the receipts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kpr_stream.cli.report import (
    console,
    people,
    print_error,
    print_json,
    print_left_out,
    print_waiting,
)
from kpr_stream.errors import ExportError, KprError, unforeseen
from kpr_stream.model.utc_time import utc_time

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars

    from kpr_stream.connectors.export.left_out import LeftOut
    from kpr_stream.connectors.run import Job, Progress
    from kpr_stream.connectors.watch import HeldUnit, Status

UNANSWERED_EXIT = 75
"""sysexits: a temporary failure; run again."""


def connect(
    folder: Annotated[Path, typer.Argument(help="The folder that the EPJ exports to.")],
    system: Annotated[str, typer.Option(help="EPJ system, for example visma-hspro.")],
    resend: Annotated[
        bool, typer.Option("--resend", help="Also send files that were sent before.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was done as JSON.")] = False,
    follow: Annotated[
        bool, typer.Option("--follow", help="Send new files as they appear, until stopped.")
    ] = False,
    release: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ORG_NR|all",
            help="Send a held unit's deliveries again: the cause was fixed at the receiver.",
        ),
    ] = None,
    make_anew: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ORG_NR|all",
            help="Rebuild a held unit's deliveries: the cause was fixed on this side.",
        ),
    ] = None,
) -> None:
    """Send an EPJ's export to the register and wait for the receipts.

    Exit code 0: every delivery was answered. 1: a unit is held, see the message.
    75: stopped before that. Others: see the message. Run again to resume.

    Example: kpr-stream connect exports/visma-hspro --system visma-hspro
    """
    import asyncio
    import logging

    from kpr_stream.connectors.export.reader import find_series
    from kpr_stream.connectors.run import Job
    from kpr_stream.model.words import system_named

    # aiokafka logs every attempt; the error below reports the failure once, with what to do.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    job = Job(
        folder=folder,
        system=system_named(system),
        resend=resend,
        follow=follow,
        release=tuple(release or ()),
        rebuild=tuple(make_anew or ()),
    )
    find_series(folder)
    done, errors, finished = asyncio.run(_run(job))
    if as_json:
        print_json(done)
    _report(done, people(as_json))
    if errors:
        raise typer.Exit(errors[-1].exit_code)
    if done["refused"]:
        raise typer.Exit(1)
    if not finished:
        console.print("Stopped before everything was answered. Run again to resume.")
        raise typer.Exit(UNANSWERED_EXIT)


async def _run(job: Job) -> tuple[dict[str, Any], list[KprError], bool]:
    """Run the connector; return the summary, the errors, and whether everything was answered."""
    import asyncio
    import signal
    import time

    from kpr_stream.connectors.run import connected
    from kpr_stream.connectors.summary import summary
    from kpr_stream.settings import Settings

    began, stopping = time.monotonic(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        except NotImplementedError:
            # Windows has no such handlers: there the outbox alone makes stopping safe.
            break
    with _bars() as bars:
        async with connected(job, Settings(), _progress(bars), stopping) as connector:
            errors: list[KprError] = []
            try:
                await connector.run()
            except KprError as error:
                print_error(error)
                errors.append(error)
            except Exception as cause:  # noqa: BLE001 - the net under a run: its JSON is printed
                errors.append(unforeseen("The connector", cause))
                print_error(errors[-1])
            left_out = list(connector.left_out.values())
            done = summary(connector.outbox, job.system, seconds=time.monotonic() - began)
            done["left_out"] = [one.as_json() for one in left_out]
            lost = [found for one in left_out if (found := _lost(one)) is not None]
            return done, [*lost, *connector.bad_files, *errors], connector.finished


def _lost(one: LeftOut) -> KprError | None:
    """Return the error of a consultation that is not sent; a value alone is no error."""
    from kpr_stream.connectors.export.left_out import Part

    if one.part is Part.VALUE:
        return None
    return one.cause or ExportError(one.message, what_to_do=one.what_to_do)


def _bars() -> Bars:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description:<20}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=console, transient=True)


def _progress(bars: Bars) -> Progress:
    """Move the bars as files are read and deliveries are sent and answered."""
    from kpr_stream.connectors.run import Progress

    files = bars.add_task("files read", total=None)
    answers = bars.add_task("deliveries answered", total=0)

    def on_sent(number: int) -> None:
        bars.update(answers, total=(bars.tasks[answers].total or 0) + number)

    return Progress(
        on_file=lambda: bars.advance(files),
        on_sent=on_sent,
        on_answered=lambda number: bars.advance(answers, number),
        on_bad_file=print_error,
        on_left_out=print_left_out,
        on_status=_on_status,
        on_held=_on_held,
    )


def _report(done: dict[str, Any], out: Console) -> None:
    from kpr_stream.connectors.outbox.refusal import RefusalText
    from kpr_stream.connectors.watch import HeldUnit

    outcomes = ", ".join(f"{n} {name}" for name, n in done["outcomes"].items() if n)
    out.print(
        f"{done['system']}: {done['files']} files read; {done['deliveries']} deliveries answered "
        f"with {done['items_sent']} items ({outcomes or 'none'}) in {done['seconds']:.1f} s.",
        highlight=False,
    )
    for rule, number in list(done["findings"].items())[:20]:
        out.print(f"  {rule}: {number} items", highlight=False)
    units = [
        HeldUnit(**held | {"refusal": held["refusal"] and RefusalText(**held["refusal"])})
        for held in done["refused"]
    ]
    for unit in units:
        _print_held(unit, out)
    # Once a reason: a stopped release holds every unit of a vendor.
    for unit in {unit.cause: unit for unit in reversed(units)}.values():
        _print_what_to_do(unit)


def _print_held(unit: HeldUnit, out: Console) -> None:
    out.print(
        f"[bold red]Held[/] unit {unit.org_nr} at sequence {unit.sequence}: {unit.cause}.",
        highlight=False,
    )


def _print_what_to_do(unit: HeldUnit) -> None:
    # Not wrapped: an option and its value are copied as one.
    console.print(f"  → {unit.what_to_do}", highlight=False, markup=False, soft_wrap=True)
    # Texts of the receiver may hold square brackets, which are markup to rich.
    for text in unit.texts:
        console.print(f"  {text}", highlight=False, markup=False)


def _on_held(unit: HeldUnit) -> None:
    _print_held(unit, console)
    _print_what_to_do(unit)


def _on_status(status: Status) -> None:
    """Print how a connector that follows a folder is doing, with the time: it runs for months."""
    console.print(
        f"{utc_time(datetime.now(UTC))} {status.files} files read, {status.answered} deliveries "
        f"answered, {status.unanswered} wait for an answer, {status.held} units held.",
        highlight=False,
    )
    if status.trouble is not None:
        print_waiting(status.trouble)
