"""``kpr-stream check``: judge an EPJ's export without sending it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kpr_stream.cli.report import console, print_error
from kpr_stream.errors import ExportError, UsageError

if TYPE_CHECKING:
    from kpr_stream.check.judge import CheckedItem
    from kpr_stream.check.tally import Tally
    from kpr_stream.processor.frame.prepare import FrameContext
    from kpr_stream.settings import Settings

PROGRESS_EVERY = 1_000
"""Items between two updates of the progress bar."""
PATHS_SHOWN = 20
"""Unread paths that are printed; the JSON has all of them."""


def check(
    path: Annotated[Path, typer.Argument(metavar="FILE|DIR", help="An export file, or a folder.")],
    system: Annotated[str, typer.Option(help="EPJ system, for example visma-hspro.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print every item and a summary as JSON.")
    ] = False,
    norwegian: Annotated[bool, typer.Option("--norsk", help="Skriv funnene på norsk.")] = False,
) -> None:
    """Judge an EPJ's export by the receiver's rules; send nothing.

    Nothing is stored either. Exit code 0: no findings, or warnings only. 1:
    something would be rejected or set aside. 2: a file cannot be read. Only
    synthetic ids are valid with KPR_ENVIRONMENT=test (the default), only real ids
    with production. Docs: docs/vendor/check.md.

    Example: kpr-stream check exports/visma-hspro --system visma-hspro --json
    """
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
    _report(tally, norwegian=norwegian)
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

    from rich.progress import Progress

    from kpr_stream.check.judge import Limits, check_file
    from kpr_stream.check.seen import Seen
    from kpr_stream.connectors.export import reader as read
    from kpr_stream.connectors.mapping.local_codes import profile_in
    from kpr_stream.model.words import system_named

    profile = profile_in(system_named(system), settings)
    limits = Limits(settings.delivery_max_items, settings.delivery_max_bytes)
    paths, seen = _paths(path, tally), Seen()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("files", total=len(paths))
        for one in paths:
            name = one.name if one == path else one.relative_to(path).as_posix()
            tally.files += 1
            try:
                file = read.parse_name(one)
                for item in check_file(
                    file,
                    read.read_bytes(one),
                    profile=profile,
                    context=context,
                    limits=limits,
                    now_ms=time.time_ns() // 1_000_000,
                    seen=seen,
                ):
                    if item.index % PROGRESS_EVERY == 0:
                        # A file may be large: show progress within it too.
                        progress.update(task, description=f"{name}: {item.index:,} items")
                    yield name, item
            except ExportError as error:
                tally.unusable.append((name, error))
            progress.advance(task)


def _paths(path: Path, tally: Tally) -> list[Path]:
    """Return the file, or the files of the folder in the order of sending."""
    from kpr_stream.connectors.export import reader as read

    if path.is_file():
        return [path]
    if not path.exists():
        raise UsageError(
            f"There is no file and no folder {path}.",
            what_to_do="Name an export file, or the folder that the EPJ exports to.",
        )
    try:
        found = [one for series in read.find_series(path) for one in series.paths]
    except ExportError as error:
        tally.unusable.append((path.name, error))
        return []
    if not found:
        nothing = ExportError(
            f"There is no export file in {path}.",
            what_to_do="Name a file, or the folder that the EPJ exports to.",
        )
        tally.unusable.append((path.name, nothing))
    return found


def _report(tally: Tally, *, norwegian: bool) -> None:
    from kpr_stream.check.not_read import meant

    for _, error in tally.unusable:
        print_error(error)
    for rule, items in tally.rules.most_common():
        text, todo = (rule.text_no, rule.action.no) if norwegian else (rule.text_en, rule.action.en)
        console.print(f"{rule.severity.value:9} {rule.id}: {items}", highlight=False)
        console.print(f"  {text}\n  → {todo}", highlight=False, markup=False)
        for place in tally.places[rule]:
            console.print(f"    {place}", highlight=False, markup=False)
    for path, items in tally.not_read.most_common(PATHS_SHOWN):
        like = meant(path)
        not_read, asked = ("ikke lest", "mente du") if norwegian else ("not read", "did you mean")
        hint = f" ({asked} {like}?)" if like else ""
        console.print(f"{not_read:9} {path}: {items}{hint}", highlight=False, markup=False)
    outcomes = ", ".join(f"{n} {outcome.value}" for outcome, n in tally.outcomes.items())
    total = tally.outcomes.total()
    console.print(
        f"{tally.files} filer, {total} hendelser: {outcomes or 'ingen'}. Ingenting er sendt."
        if norwegian
        else f"{tally.files} files, {total} items: {outcomes or 'none'}. Nothing was sent.",
        highlight=False,
    )
