"""Find holes in what an EPJ exported: file numbers that are missing, and days without a file. Pure.

A number that is missing between two others is a file that was lost on its way to the folder. A day
without a file, between two files whose numbers follow each other, is a day on which the EPJ wrote
none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from kpr_stream.connectors.export.names import ExportFile
from kpr_stream.model.words import MessageType

DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from ``first`` to ``last``, both included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Hole:
    """Days that no file covers, both included.

    ``before`` and ``after`` are the files on both sides. ``lost``: numbers are missing between
    them, so a file may have covered these days.
    """

    message_type: MessageType
    first: date
    last: date
    before: ExportFile
    after: ExportFile
    lost: bool


def missing_numbers(files: Iterable[ExportFile]) -> list[Range]:
    """Return the numbers that no file of a series has, between its lowest and its highest."""
    numbers = sorted({file.number for file in files})
    return [
        Range(before + 1, after - 1) for before, after in pairwise(numbers) if after > before + 1
    ]


def days_without_file(files: Iterable[ExportFile]) -> list[Hole]:
    """Return the days that no file of a series covers, between its first day and its last.

    Each message type has days of its own: an EPJ may export one and not the other.
    """
    every = list(files)
    numbers = {file.number for file in every}
    return [
        hole
        for kind in MessageType
        for hole in _of_type(kind, [file for file in every if file.message_type is kind], numbers)
    ]


def _of_type(kind: MessageType, files: list[ExportFile], numbers: set[int]) -> list[Hole]:
    found: list[Hole] = []
    furthest: ExportFile | None = None
    for file in sorted(files, key=lambda one: (one.period_from, one.period_to, one.number)):
        if furthest is not None and file.period_from > furthest.period_to + DAY:
            first, last = furthest.period_to + DAY, file.period_from - DAY
            low, high = sorted((furthest.number, file.number))
            lost = any(number not in numbers for number in range(low, high))
            found.append(Hole(kind, first, last, furthest, file, lost))
        if furthest is None or file.period_to > furthest.period_to:
            furthest = file
    return found
