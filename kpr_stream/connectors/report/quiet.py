"""Find the days on which a unit had nothing to report, from its files' names. Pure.

An EPJ that writes no file on a quiet day leaves a hole in the unit's periods. The next file of the
unit shows what it was: if no file number is missing in between, the EPJ wrote everything it had,
and the days were quiet.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from kpr_stream.connectors.export.names import ExportFile
from kpr_stream.model.words import MessageType

MOST_QUIET_DAYS: Final = 70
"""The school holidays of summer with some days around them. A longer silence is no quiet time:
nobody may take months without an export for months without consultations."""
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Covered:
    """The last day that a unit's files of one type cover, and the number of the file with it."""

    last_day: date
    number: int


def covered_by(files: Iterable[ExportFile], message_type: MessageType) -> Covered | None:
    """Return how far the files of a type reach; None if there is none."""
    of_type = [file for file in files if file.message_type is message_type]
    if not of_type:
        return None
    last = max(of_type, key=lambda file: (file.period_to, file.number))
    return Covered(last.period_to, last.number)


def quiet_period(
    covered: Covered | None, file: ExportFile, numbers: AbstractSet[int]
) -> tuple[date, date] | None:
    """Return the first and last quiet day before a unit's next file; None if there is none.

    ``numbers`` are those of the files of the folder that were read.
    """
    if covered is None or file.number <= covered.number:
        return None
    first, last = covered.last_day + DAY, file.period_from - DAY
    if last < first or (last - first).days >= MOST_QUIET_DAYS:
        return None
    between = range(covered.number + 1, file.number)
    if len(between) > len(numbers) or any(number not in numbers for number in between):
        return None
    return first, last
