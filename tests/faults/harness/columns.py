"""Choose how a worker under test decides its batches, and note which way each batch went.

Columns must leave what the item-by-item way leaves. With ``alternate`` each batch is decided the
other way than the one before it, so the second way meets what the first has left in ledger and
topics: a byte that differs shows as a correction, a repeat or a missing receipt.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from itertools import cycle
from pathlib import Path
from typing import Any, Final

from kpr_stream.model.words import Outcome
from kpr_stream.processor import pipeline
from kpr_stream.processor.decide.batch import Batch
from kpr_stream.processor.poison.in_columns import Planned, decide_planned, plan_isolated

FILE: Final = "columns.jsonl"
IN_COLUMNS: Final = "in columns"
ONE_BY_ONE: Final = "item by item"
PLAIN: Final = "plain items"
ACCEPTED: Final = "accepted in columns"
FAILED: Final = "columns raised"

Note = Callable[[str, int], None]


class Columns(StrEnum):
    """How the workers of a run decide."""

    OFF = "off"
    """Every batch item by item."""
    ON = "on"
    """Every batch that is large enough, in columns, whatever the default of the setting."""
    ALTERNATE = "alternate"
    """Batches of any size, in columns and item by item in turn."""


class ColumnNotes:
    """What the workers of a run have noted of their batches: a file that all of them append to."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    def add(self, what: str, count: int) -> None:
        """Count something. Called in the worker."""
        # A worker whose disk is full takes no note, as it writes no ledger.
        with suppress(OSError), self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps([what, count]) + "\n")

    def counted(self) -> Counter[str]:
        """Return the sum of all counts, by what was counted."""
        found: Counter[str] = Counter()
        # Without the file no batch was large enough. A killed worker may leave half a line.
        with suppress(FileNotFoundError):
            for line in self._file.read_text("utf-8").splitlines():
                with suppress(ValueError):
                    what, count = json.loads(line)
                    found[what] += count
        return found


def hook_columns(columns: Columns, notes: ColumnNotes) -> None:
    """Let this process decide its batches as ``columns`` asks, and note it."""
    setattr(pipeline, plan_isolated.__name__, planning(columns, notes.add))
    setattr(pipeline, decide_planned.__name__, deciding(notes.add))


def planning(columns: Columns, note: Note) -> Callable[..., Planned | None]:
    """Return ``plan_isolated``, which then gives every second plan away with ``alternate``."""
    turns = cycle((True, columns is not Columns.ALTERNATE))

    def plan(
        *args: Any, from_items: int, failed: Callable[[BaseException], None], **more: Any
    ) -> Planned | None:
        fewest = 1 if columns is Columns.ALTERNATE else from_items
        made = plan_isolated(*args, from_items=fewest, failed=_noting(failed, note), **more)
        if made is None:
            return None
        if not next(turns):
            note(ONE_BY_ONE, 1)
            return None
        note(IN_COLUMNS, 1)
        outcomes = [outcome for plain in made.plan.values() for outcome in plain.outcomes]
        note(PLAIN, len(outcomes) - outcomes.count(None))
        note(ACCEPTED, outcomes.count(Outcome.ACCEPTED))
        return made

    return plan


def deciding(note: Note) -> Callable[..., Batch | None]:
    """Return ``decide_planned``, which also notes when it raises."""

    def decide(*args: Any, failed: Callable[[BaseException], None], **more: Any) -> Batch | None:
        return decide_planned(*args, failed=_noting(failed, note), **more)

    return decide


def _noting(failed: Callable[[BaseException], None], note: Note) -> Callable[[BaseException], None]:
    def noted(cause: BaseException) -> None:
        note(FAILED, 1)
        failed(cause)

    return noted


def as_wanted(columns: Columns, counted: Counter[str]) -> bool:
    """Whether batches went the ways that a run is for, and columns never raised."""
    ways = {
        Columns.OFF: (),
        Columns.ON: (IN_COLUMNS, PLAIN, ACCEPTED),
        Columns.ALTERNATE: (IN_COLUMNS, PLAIN, ACCEPTED, ONE_BY_ONE),
    }[columns]
    return all(counted[way] for way in ways) and not counted[FAILED]
