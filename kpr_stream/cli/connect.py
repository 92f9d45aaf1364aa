"""``kpr-stream connect``: send an EPJ's export and wait for the receipts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from kpr_stream.cli.report import (
    console,
    people,
    print_error,
    print_json,
    print_left_out,
    print_waiting,
)
from kpr_stream.errors import ExportError, KprError, UsageError, unforeseen
from kpr_stream.model.utc_time import utc_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console
    from rich.progress import Progress as Bars

    from kpr_stream.connectors.backfill.progress import BackfillState
    from kpr_stream.connectors.export.left_out import LeftOut
    from kpr_stream.connectors.run import Job, Progress
    from kpr_stream.connectors.watch import HeldUnit, Status
    from kpr_stream.settings import Settings

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
    serve: Annotated[
        bool, typer.Option("--serve", help="With --follow: serve health and metrics.")
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

    Example: kpr-stream connect send exports/visma-hspro --system visma-hspro
    """
    from kpr_stream.connectors.run import Job
    from kpr_stream.model.words import system_named

    job = Job(
        folder=folder,
        system=system_named(system),
        resend=resend,
        follow=follow,
        release=tuple(release or ()),
        rebuild=tuple(make_anew or ()),
    )
    if serve and not follow:
        raise UsageError("--serve needs --follow.", what_to_do="Add --follow.")
    run_job(job, serve=serve, as_json=as_json)


def run_job(
    job: Job,
    *,
    serve: bool,
    as_json: bool,
    on_backfill: Callable[[BackfillState], None] | None = None,
) -> None:
    """Run the connector, print what it did, and exit with the code that says how it ended."""
    import asyncio
    import logging

    from kpr_stream.connectors.export.reader import find_series

    # aiokafka logs every attempt; the error below reports the failure once, with what to do.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    if job.folder is not None:
        find_series(job.folder)
    done, errors, finished = asyncio.run(_run(job, serve=serve, on_backfill=on_backfill))
    if as_json:
        print_json(done)
    report(done, people(as_json))
    if errors:
        raise typer.Exit(errors[-1].exit_code)
    if done["refused"]:
        raise typer.Exit(1)
    if not finished:
        console.print("Stopped before everything was answered. Run again to resume.")
        raise typer.Exit(UNANSWERED_EXIT)


async def _run(
    job: Job, *, serve: bool, on_backfill: Callable[[BackfillState], None] | None
) -> tuple[dict[str, Any], list[KprError], bool]:
    """Run the connector; return the summary, the errors, and whether everything was answered."""
    import asyncio
    import signal
    import time
    from contextlib import nullcontext
    from dataclasses import replace

    from kpr_stream.connectors.run import connected
    from kpr_stream.connectors.service import served
    from kpr_stream.connectors.source.fhir_folder import FhirFolder
    from kpr_stream.connectors.summary import summary
    from kpr_stream.settings import Settings

    began, stopping = time.monotonic(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        except NotImplementedError:
            # Windows has no such handlers: there the outbox alone makes stopping safe.
            break
    settings = Settings()
    with _bars() as bars:
        progress = (_logged(settings) if job.patient else None) or _progress(bars)
        if on_backfill is not None:
            progress = replace(progress, on_backfill=on_backfill)
        async with connected(job, settings, progress, stopping) as connector:
            if isinstance(connector.ingest.source, FhirFolder):
                console.print(f"{job.system}: {connector.ingest.source.kind}.", highlight=False)
            errors: list[KprError] = []
            try:
                async with served(connector) if serve else nullcontext():
                    await connector.run()
            except KprError as error:
                print_error(error)
                errors.append(error)
            except Exception as cause:  # noqa: BLE001 - the net under a run: its JSON is printed
                errors.append(unforeseen("The connector", cause))
                print_error(errors[-1])
            left_out = list(connector.left_out.values())
            done = summary(
                connector.outbox,
                job.system,
                seconds=time.monotonic() - began,
                unmapped=connector.ingest.unmapped,
            )
            done["left_out"] = [one.as_json() for one in left_out]
            lost = [found for one in left_out if (found := _lost(one)) is not None]
            return done, [*lost, *connector.bad_files, *errors], connector.finished


def _logged(settings: Settings) -> Progress | None:
    """Return a progress that logs where the settings want JSON lines, else None."""
    from kpr_stream.cli.connect_log import logged_progress
    from kpr_stream.process.log import NAMED, LogFormat, begin_log

    if settings.log_format is not LogFormat.JSON:
        return None
    begin_log(NAMED, process="connector", form=settings.log_format)
    return logged_progress()


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
        on_gap=_on_gap,
    )


def report(done: dict[str, Any], out: Console) -> None:
    """Print what a run did, and on standard error each held unit with its cause and what to do."""
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
    for one in done["unmapped"][:20]:
        text = f"  no row maps {one['field']} {one['code']}: {one['items']} items"
        out.print(text, highlight=False, markup=False)
    units = [
        HeldUnit(**held | {"refusal": held["refusal"] and RefusalText(**held["refusal"])})
        for held in done["refused"]
    ]
    # Messages, not the answer: a cause and what to do about it are never on two streams.
    for unit in units:
        _print_held(unit)
    # Once a reason: a stopped release holds every unit of a vendor.
    for unit in {unit.cause: unit for unit in reversed(units)}.values():
        _print_what_to_do(unit)


def _print_held(unit: HeldUnit) -> None:
    console.print(
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
    _print_held(unit)
    _print_what_to_do(unit)


def _on_gap(text: str) -> None:
    console.print(f"[bold yellow]Gap[/] {escape(text)}", highlight=False)


def _on_status(status: Status) -> None:
    """Print how a connector that follows a folder is doing, with the time: it runs for months."""
    console.print(
        f"{utc_time(datetime.now(UTC))} {status.files} files read, {status.answered} deliveries "
        f"answered, {status.unanswered} wait for an answer, {status.held} units held.",
        highlight=False,
    )
    if status.trouble is not None:
        print_waiting(status.trouble)
