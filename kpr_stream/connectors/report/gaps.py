"""Say in words what is missing between the files of an export. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from kpr_stream.connectors.export.names import shown
from kpr_stream.connectors.report.holes import Hole
from kpr_stream.connectors.report.quiet import MOST_QUIET_DAYS
from kpr_stream.connectors.report.units import SeriesState

LATE_DAYS: Final = 4
"""Days without a file after which the export is late: a weekend with a holiday is shorter."""


def gaps(series: Iterable[SeriesState]) -> list[str]:
    """Return each gap in a sentence: missing file numbers, and days without a file."""
    lines = []
    for one in series:
        where = folder_in_words(one.folder)
        lines += [
            f"Missing in {where}: file numbers {gap.first:06} to {gap.last:06}. "
            "Export them again, or ask why they were left out."
            for gap in one.missing
        ]
        lines += [
            f"No {hole.message_type.value} file in {where} for {hole.first} to {hole.last}"
            + _meaning(hole)
            for hole in one.holes
        ]
    return lines


def worrying_gaps(series: Iterable[SeriesState], *, today: date) -> list[str]:
    """Return the gaps that a person must look at: not the quiet days that were reported.

    Also a folder whose newest file is days old.
    """
    found = []
    for one in series:
        holes = tuple(hole for hole in one.holes if not is_quiet(hole))
        found += gaps([SeriesState(one.folder, one.files, one.last_day, one.missing, holes)])
        if one.last_day and today - date.fromisoformat(one.last_day) > timedelta(days=LATE_DAYS):
            found.append(
                f"No file in {folder_in_words(one.folder)} covers a day after {one.last_day}. "
                "Check that the EPJ still exports. A quiet day needs a file too, or the next file "
                "shows that it was quiet."
            )
    return found


def is_quiet(hole: Hole) -> bool:
    """Return whether the connector reports the days as quiet: no file can have been lost."""
    return not hole.lost and (hole.last - hole.first).days < MOST_QUIET_DAYS


def folder_in_words(folder: str) -> str:
    """Return a folder of an export for a sentence."""
    return f"folder {shown(folder)}" if folder else "the top folder"


def _meaning(hole: Hole) -> str:
    if hole.lost:
        return ": a file is missing there."
    if is_quiet(hole):
        return ": no number is missing there, so these were quiet days."
    return ": no number is missing there, but the time is too long to count as quiet days."
