"""An outbox that an earlier release made is opened, read and carried on with."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kpr_stream.connectors.delivery.seal import with_attempt
from kpr_stream.connectors.outbox.apply_receipts import apply_receipts
from kpr_stream.connectors.outbox.outbox import Outbox
from kpr_stream.connectors.outbox.sqlite import SCHEMA_VERSION
from kpr_stream.model.words import System
from kpr_stream.schemas import wire
from tests.support import stored
from tests.support.stored import BLOCKED, NEW, OPEN, REMADE, STOPPED
from tests.unit.connectors.outboxes import answer_to

WINDOW = 4


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copy(stored.OUTBOX, tmp_path))


@pytest.fixture
def outbox(copied: Path) -> Iterator[Outbox]:
    found = Outbox(copied, system=System.VISMA_HSPRO)
    try:
        yield found
    finally:
        found.close()


def counts(path: Path, sql: str) -> dict[Any, int]:
    with sqlite3.connect(path) as connection:
        found = Counter(row[0] for row in connection.execute(sql))
    connection.close()
    return dict(found)


def test_every_table_holds_what_the_earlier_release_left(copied: Path) -> None:
    states = counts(copied, "SELECT state FROM delivery")
    assert states == {"ready": 6, "sent": 2, "done": 3}
    assert counts(copied, "SELECT status FROM unit") == {
        "open": 1,
        "blocked": 1,
        "stopped": 1,
        "new": 2,
    }
    others = ("meta", "file", "again", "receipt_part", "finding", "position")
    rows = {name: sum(counts(copied, f"SELECT 1 FROM {name}").values()) for name in others}  # noqa: S608 - our names
    assert rows == {
        "meta": 3,
        "file": 5,
        "again": 2,
        "receipt_part": 1,
        "finding": 2,
        "position": 1,
    }


def test_its_units_stand_where_they_stood(outbox: Outbox) -> None:
    found = {row.pop("org_nr"): tuple(row.values()) for row in outbox.unit_rows()}
    assert found == {
        OPEN: ("open", 8, None, None, 5, 3),
        BLOCKED: ("blocked", 3, "COUNT_MISMATCH", None, 2, 1),
        STOPPED: ("stopped", 3, "UNKNOWN_STATUS", None, 1, 2),
        NEW: ("new", None, None, None, 0, None),
        REMADE: ("new", None, None, None, 0, None),
    }
    assert {hello.org_nr for hello in outbox.hellos(set())} == {NEW, REMADE}
    assert outbox.units_to_read(f"{REMADE}.json", "digest-1") == frozenset({REMADE})
    assert outbox.units_to_read(f"{OPEN}.json", "digest-1") == frozenset()
    assert outbox.positions() == {stored.LANE: 103}
    assert outbox.totals(of_this_run=False)[OPEN].outcomes["accepted"] == 4


def test_what_had_no_answer_is_sent_next_and_settled_by_its_receipt(outbox: Outbox) -> None:
    ready = outbox.take_ready(window=WINDOW, max_bytes=10**6)
    assert [(one.org_nr, one.sequence, one.attempt) for one in ready] == [
        (OPEN, 3, 2),
        (OPEN, 4, 2),
        (OPEN, 5, 1),
        (OPEN, 6, 1),
    ]
    for one in ready:
        sent = wire.decode("delivery", with_attempt(one.record, one.attempt))
        assert (sent["org_nr"], sent["sequence"], sent["attempt"]) == (
            one.org_nr,
            one.sequence,
            one.attempt,
        )
    # Half of its receipt was read by the earlier release.
    last_part = answer_to(ready[0], part=2, parts=2)
    assert apply_receipts(outbox, [last_part], {stored.LANE: 104}) == 1
    totals = outbox.totals(of_this_run=True)[OPEN]
    assert (totals.deliveries, totals.items) == (1, 2)
    assert outbox.positions() == {stored.LANE: 104}
    found = outbox.unit_rows()
    assert {row["org_nr"]: row["oldest_unanswered"] for row in found}[OPEN] == 4


def test_it_is_made_an_outbox_of_this_release_once(copied: Path, outbox: Outbox) -> None:
    outbox.close()
    versions = "SELECT value FROM meta WHERE name = 'schema'"
    assert counts(stored.OUTBOX, versions) == {"1": 1}
    assert counts(copied, versions) == {SCHEMA_VERSION: 1}
    Outbox(copied, system=System.VISMA_HSPRO).close()


def test_what_was_found_in_its_items_is_kept(copied: Path) -> None:
    with sqlite3.connect(copied) as connection:
        found = connection.execute(
            "SELECT org_nr, sequence, item_index, local_id, outcome, rule, pointer FROM finding"
        ).fetchall()
    connection.close()
    told = (0, "k-1"), ("START_MISSING", "/start")
    assert found == [
        (OPEN, 2, *told[0], "rejected", *told[1]),
        (OPEN, 3, *told[0], "accepted", *told[1]),
    ]


def test_an_outbox_of_version_2_is_opened_with_all_it_holds(tmp_path: Path) -> None:
    old = stored.STORED / "version-2" / "outbox.sqlite3"
    versions = "SELECT value FROM meta WHERE name = 'schema'"
    copied = Path(shutil.copy(old, tmp_path))
    before = counts(copied, "SELECT state FROM delivery")
    assert counts(copied, versions) == {"2": 1}
    found = Outbox(copied, system=System.VISMA_HSPRO)
    try:
        assert {row["org_nr"]: row["status"] for row in found.unit_rows()} == {
            OPEN: "open",
            BLOCKED: "blocked",
            STOPPED: "stopped",
            NEW: "new",
            REMADE: "new",
        }
        assert found.sent_resources(["Encounter/1"]) == {}
        with found.changing():
            pass
    finally:
        found.close()
    assert counts(copied, versions) == {SCHEMA_VERSION: 1}
    assert sum(counts(copied, "SELECT state FROM delivery").values()) == sum(before.values())
