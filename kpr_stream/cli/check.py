"""``kpr-stream check``: judge an EPJ's export, or the bytes of a sender, without sending."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kpr_stream.cli.report import console, people, print_error, print_left_out
from kpr_stream.errors import ExportError, KprError, UsageError, unforeseen

if TYPE_CHECKING:
    from rich.console import Console

    from kpr_stream.check.judge import CheckedItem
    from kpr_stream.check.tally import Tally
    from kpr_stream.connectors.export.names import ExportFile
    from kpr_stream.processor.frame.prepare import FrameContext
    from kpr_stream.settings import Settings

PROGRESS_EVERY = 1_000
"""Items between two updates of the progress bar."""
PATHS_SHOWN = 20
"""Unread paths that are printed; the JSON has all of them."""


def check(
    system: Annotated[str, typer.Option(help="EPJ system, for example visma-hspro.")],
    path: Annotated[
        Path | None, typer.Argument(metavar="[FILE|DIR]", help="An export file, or a folder.")
    ] = None,
    container: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A clear payload of your own sender."),
    ] = None,
    record: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A whole record of your own sender, with its frame."),
    ] = None,
    private_key: Annotated[
        Path | None,
        typer.Option(metavar="PEM", help="Test key of --record. Default: the public test key."),
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="Record key of --record. Default: its org number.")
    ] = None,
    partition: Annotated[
        int | None, typer.Option(min=0, help="Partition of --record. Default: the right one.")
    ] = None,
    municipality: Annotated[
        str, typer.Option(help="Municipality of the unit of --container.")
    ] = "0301",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print every item and a summary as JSON.")
    ] = False,
    norwegian: Annotated[bool, typer.Option("--norsk", help="Skriv funnene på norsk.")] = False,
) -> None:
    """Judge an export, or the bytes of your own sender; send nothing.

    Nothing is stored either. A single export may have any name. Exit code 0: no
    findings, or warnings only. 1: something would be rejected, set aside or left
    out. 2: a file cannot be used, or a delivery would be refused. Only synthetic
    ids are valid with KPR_ENVIRONMENT=test (the default), only real ids with
    production. Docs: docs/vendor/check.md.

    Example: kpr-stream check exports/visma-hspro --system visma-hspro --json
    Example: kpr-stream check --record delivery.bin --system visma-hspro
    """
    named = [one for one in (path, container, record) if one is not None]
    if len(named) != 1:
        raise UsageError(
            f"{len(named)} files are named, and one is judged at a time.",
            what_to_do="Name an export file or folder, or one of --container and --record.",
        )
    if path is not None:
        _check_export(path, system, as_json=as_json, norwegian=norwegian)
        return
    from kpr_stream.cli.check_bytes import RecordOptions, check_container, check_record

    if container is not None:
        code = check_container(
            container, system, municipality, as_json=as_json, norwegian=norwegian
        )
    else:
        options = RecordOptions(private_key, key, partition)
        code = check_record(named[0], system, options, as_json=as_json, norwegian=norwegian)
    if code:
        raise typer.Exit(code)


def _check_export(path: Path, system: str, *, as_json: bool, norwegian: bool) -> None:
    import sys

    from kpr_stream.check.tally import Tally, item_as_json
    from kpr_stream.cli.report import JsonList
    from kpr_stream.processor.worker.frame_context import frame_context
    from kpr_stream.settings import Settings

    settings = Settings()
    context, tally = frame_context(settings), Tally()
    out = JsonList(sys.stdout if as_json else None, name="items")
    for file, item in _items(path, system, settings, context, tally):
        tally.enter(file, item)
        if as_json:
            out.add(item_as_json(file, item))
    out.end(summary=tally.summary(context.reference.version))
    _report(tally, people(as_json), norwegian=norwegian)
    if tally.exit_code:
        raise typer.Exit(tally.exit_code)


def _items(
    path: Path,
    system: str,
    settings: Settings,
    context: FrameContext,
    tally: Tally,
) -> Iterator[tuple[str, CheckedItem]]:
    """Yield the items of every readable file; the tally gets the files that are not readable."""
    import time

    from polars.exceptions import PanicException
    from rich.progress import Progress

    from kpr_stream.check.judge import Limits, check_file
    from kpr_stream.check.seen import Seen
    from kpr_stream.connectors.export import reader as read
    from kpr_stream.connectors.export.names import shown
    from kpr_stream.connectors.mapping.local_codes import profile_in
    from kpr_stream.connectors.source.choose import require_no_fhir
    from kpr_stream.model.words import system_named

    profile = profile_in(system_named(system), settings)
    require_no_fhir(path)
    limits = Limits(settings.delivery_max_items, settings.delivery_max_bytes)
    paths, seen = _paths(path, tally), Seen()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("files", total=len(paths))
        for one in paths:
            name = shown(one.name if one == path else one.relative_to(path).as_posix())
            tally.files += 1
            now_ms = time.time_ns() // 1_000_000
            try:
                data = read.read_bytes(one)
                file = _named_or_assumed(one, name, data, tally, alone=one == path, now_ms=now_ms)
                for item in check_file(
                    file,
                    data,
                    profile=profile,
                    context=context,
                    limits=limits,
                    now_ms=now_ms,
                    seen=seen,
                    on_left_out=tally.left_out.append,
                ):
                    if item.index % PROGRESS_EVERY == 0:
                        # A file may be large: show progress within it too.
                        progress.update(task, description=f"{name}: {item.index:,} items")
                    yield name, item
            except KprError as error:
                tally.unusable.append((name, error))
            except (Exception, PanicException) as cause:  # noqa: BLE001 - the net under a file
                tally.unusable.append((name, unforeseen(f"Judging the file {name}", cause)))
            progress.advance(task)


def _named_or_assumed(
    path: Path, name: str, data: bytes, tally: Tally, *, alone: bool, now_ms: int
) -> ExportFile:
    """Return what the file's name says, or what is assumed because the name says nothing.

    A folder is judged as the connector takes it: there the name is an error as well.
    """
    from kpr_stream.check.tally import assumed
    from kpr_stream.connectors.export import reader as read
    from kpr_stream.connectors.export.names import assumed_file

    try:
        return read.parse_name(path)
    except ExportError as error:
        if not alone:
            tally.unusable.append((name, error))
        file = assumed_file(path, read.type_in(path, data), now_ms=now_ms)
        tally.assumed.append(assumed(name, error.message, file))
        return file


def _paths(path: Path, tally: Tally) -> list[Path]:
    """Return the file, or the files of the folder in the order of sending."""
    from kpr_stream.connectors.export import reader as read
    from kpr_stream.connectors.export.names import shown

    try:
        folder = stat.S_ISDIR(path.stat().st_mode)
    except (OSError, ValueError) as cause:
        missing = isinstance(cause, (FileNotFoundError, NotADirectoryError, ValueError))
        reason = "" if missing else f" that can be read ({getattr(cause, 'strerror', '')})"
        raise UsageError(
            f"There is no file and no folder {shown(str(path))}{reason}.",
            what_to_do="Name an export file, or the folder that the EPJ exports to.",
        ) from None
    if not folder:
        return [path]
    name = shown(path.name)
    try:
        found = read.find_series(path)
    except ExportError as error:
        tally.unusable.append((name, error))
        return []
    for series in found:
        tally.left_out.extend(series.left_out)
        if series.unreadable is not None:
            tally.unusable.append((shown(series.folder.name), series.unreadable))
    if not found:
        nothing = ExportError(
            f"There is no export file in {shown(str(path))}.",
            what_to_do="Name a file, or the folder that the EPJ exports to.",
        )
        tally.unusable.append((name, nothing))
    return [one for series in found for one in series.paths]


def _report(tally: Tally, out: Console, *, norwegian: bool) -> None:
    from kpr_stream.check.not_read import meant

    for _, error in tally.unusable:
        print_error(error)
    for left_out in tally.left_out:
        print_left_out(left_out)
    for one in tally.assumed:
        out.print(
            f"{'antatt' if norwegian else 'assumed':9} {one.file}: {one.message_type}, "
            f"{one.period}, {one.extracted}\n  {one.problem} "
            + (
                "Konnektoren avviser et slikt navn. Det navnet skulle ha sagt, er antatt."
                if norwegian
                else "The connector refuses such a name. What the name should say is assumed."
            ),
            highlight=False,
            markup=False,
        )
    for rule, items in tally.rules.most_common():
        text, todo = (rule.text_no, rule.action.no) if norwegian else (rule.text_en, rule.action.en)
        out.print(f"{rule.severity.value:9} {rule.id}: {items}", highlight=False)
        out.print(f"  {text}\n  → {todo}", highlight=False, markup=False)
        for place in tally.places[rule]:
            out.print(f"    {place}", highlight=False, markup=False)
    for path, items in tally.not_read.most_common(PATHS_SHOWN):
        like = meant(path)
        not_read, asked = ("ikke lest", "mente du") if norwegian else ("not read", "did you mean")
        hint = f" ({asked} {like}?)" if like else ""
        out.print(f"{not_read:9} {path}: {items}{hint}", highlight=False, markup=False)
    outcomes = ", ".join(f"{n} {outcome.value}" for outcome, n in tally.outcomes.items())
    total = tally.outcomes.total()
    out.print(
        f"{tally.files} filer, {total} hendelser: {outcomes or 'ingen'}. Ingenting er sendt."
        if norwegian
        else f"{tally.files} files, {total} items: {outcomes or 'none'}. Nothing was sent.",
        highlight=False,
    )
