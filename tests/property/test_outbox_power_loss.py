"""A power cut keeps what was committed: whatever it left of the bytes that nobody had synced.

SQLite syncs its log at each commit. A cut may leave any prefix of what was written after the last
sync, to the byte, and zeros in place of what was on its way. So the outbox's files are
copied after each step, the log's tail of the last step is cut or zeroed, and the copy is
opened: it holds everything of the steps before, and the last step whole or not at all.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from kpr_stream.connectors.outbox.apply_receipts import apply_receipts
from kpr_stream.connectors.outbox.outbox import Outbox
from tests.support.examples import examples
from tests.unit.connectors.outboxes import UNIT, keep, opened, receipt, take, with_open_unit

OTHER_UNIT: Final = "800000017"
TABLES: Final = ("unit", "delivery", "delivery_time", "file", "position", "receipt_part", "finding")
KEEP, SEND, ANSWER = "keep", "send", "answer"
STEPS: Final = st.lists(
    st.tuples(st.sampled_from((KEEP, SEND, ANSWER)), st.sampled_from((UNIT, OTHER_UNIT))),
    min_size=1,
    max_size=6,
)


@settings(max_examples=examples(20), deadline=None)
@given(steps=STEPS, seed=st.integers(0, 10**6), overwritten=st.booleans())
def test_a_torn_log_leaves_a_step_whole_or_not_at_all(
    *, steps: list[tuple[str, str]], seed: int, overwritten: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder, closing(opened(Path(folder))) as outbox:
        for unit in (UNIT, OTHER_UNIT):
            with_open_unit(outbox, unit)
        path = outbox.path
        log = path.with_name(f"{path.name}-wal")
        before, synced = content(path), log.stat().st_size
        for step, unit in steps:
            do(outbox, step, unit)
            after, written = content(path), log.stat().st_size
            for left in cuts(synced, written, seed):
                found = content(torn(path, left, written if overwritten else left))
                assert found in (before, after), (step, left, written)
            assert content(torn(path, written, written)) == after
            before, synced = after, written


def cuts(synced: int, written: int, seed: int) -> Iterator[int]:
    """Where the log may end: at each block of a page and its header, and somewhere in between."""
    yield from range(synced, written, 4_096 + 24)
    if written > synced:
        yield synced + seed % (written - synced)
        yield written - 1


def do(outbox: Outbox, step: str, unit: str) -> None:
    """Keep a file with two deliveries, send what may be sent, or answer the oldest that was."""
    if step == SEND:
        take(outbox)
        return
    view = outbox.unit(unit)
    assert view is not None
    assert view.next_sequence is not None
    if step == KEEP:
        first = view.next_sequence
        keep(outbox, f"{first}.json", range(first, first + 2), unit)
    elif view.oldest is not None:
        one = receipt(f"{unit}-{view.oldest}", sequence=view.oldest, org_nr=unit)
        apply_receipts(outbox, [one], {0: view.oldest + 1})


def torn(path: Path, left: int, length: int) -> Path:
    """A copy of the outbox as a cut leaves it: its log to ``left``, then zeros to ``length``."""
    folder = path.parent / "after-the-cut"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in (path.name, f"{path.name}-wal"):
        shutil.copy(path.with_name(name), folder / name)
    with (folder / f"{path.name}-wal").open("r+b") as log:
        log.truncate(left)
        log.truncate(length)
    return folder / path.name


def content(path: Path) -> dict[str, list[Any]]:
    """Every row of an outbox, read by a connection of its own."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return {
            table: sorted(connection.execute(f"SELECT * FROM {table}"), key=repr)  # noqa: S608
            for table in TABLES
        }
