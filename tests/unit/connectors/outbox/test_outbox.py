from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from kpr_stream.connectors.outbox.outbox import Outbox
from kpr_stream.connectors.outbox.protocol import UnitStatus
from kpr_stream.errors import DiskError, UsageError
from tests.unit.connectors.outboxes import (
    SYSTEM,
    UNIT,
    WINDOW,
    keep,
    new,
    opened,
    path_in,
    take,
    with_open_unit,
)

OTHER = "800000017"


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    found = opened(tmp_path)
    yield found
    found.close()


def sequences(outbox: Outbox) -> list[tuple[str, int, int]]:
    return [(one.org_nr, one.sequence, one.attempt) for one in take(outbox)]


def test_it_is_written_so_that_a_power_cut_loses_nothing(outbox: Outbox) -> None:
    assert outbox._sql.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert outbox._sql.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_unit_without_memory_is_asked_after_once_a_run(outbox: Outbox) -> None:
    outbox.add_unit(UNIT, "0301")
    first = outbox.hellos(set())
    assert [(one.org_nr, one.municipality_code, one.attempt) for one in first] == [
        (UNIT, "0301", 1)
    ]
    assert outbox.hellos({first[0].hello_id}) == []
    assert outbox.hellos(set())[0].attempt == 2
    assert outbox.has_new_units()


def test_what_a_file_held_is_kept_whole_or_not_at_all(outbox: Outbox) -> None:
    with_open_unit(outbox)
    with pytest.raises(sqlite3.IntegrityError):
        outbox.keep("f", "d", [new(1), new(2), new(1)])
    assert outbox.units_to_read("f", "d") is None
    assert sequences(outbox) == []
    view = outbox.unit(UNIT)
    assert view is not None
    assert view.next_sequence == 1


def test_a_done_file_is_known_by_name_and_content(outbox: Outbox) -> None:
    with_open_unit(outbox)
    outbox.keep("f", "d", [new(1)])
    assert outbox.units_to_read("f", "d") == frozenset()
    assert outbox.units_to_read("f", "other") is None
    assert outbox.units_to_read("g", "d") is None


def test_the_window_holds_for_each_unit(outbox: Outbox) -> None:
    for unit in (UNIT, OTHER):
        with_open_unit(outbox, unit)
        keep(outbox, f"f-{unit}", range(1, 10), unit)
    assert sequences(outbox) == [
        (unit, n, 1) for n in range(1, WINDOW + 1) for unit in (UNIT, OTHER)
    ]
    assert sequences(outbox) == []


def test_the_bytes_of_a_sending_are_bounded_but_one_always_goes(outbox: Outbox) -> None:
    with_open_unit(outbox)
    keep(outbox, "f", range(1, 4))
    assert [one.sequence for one in take(outbox, max_bytes=1)] == [1]
    assert [one.sequence for one in take(outbox, max_bytes=250)] == [2, 3]


def test_after_a_crash_what_had_no_answer_goes_again(tmp_path: Path) -> None:
    before = opened(tmp_path)
    with_open_unit(before)
    keep(before, "f", range(1, 4))
    first = take(before)
    before.close()
    after = opened(tmp_path)
    again = take(after)
    assert [(one.delivery_id, one.sequence, one.record) for one in again] == [
        (one.delivery_id, one.sequence, one.record) for one in first
    ]
    assert {one.attempt for one in again} == {2}
    assert after.run == 2
    after.close()


def test_a_transaction_that_was_cut_off_is_gone(tmp_path: Path) -> None:
    before = opened(tmp_path)
    with_open_unit(before)
    before._sql.execute("BEGIN IMMEDIATE")
    before._sql.execute("INSERT INTO file VALUES ('f', 'd', 1)")
    before.close()
    after = opened(tmp_path)
    assert after.units_to_read("f", "d") is None
    after.close()


def test_a_second_connector_is_kept_out(tmp_path: Path, outbox: Outbox) -> None:
    assert outbox.run == 1
    with pytest.raises(UsageError, match="in use by another connector") as found:
        opened(tmp_path)
    assert "KPR_OUTBOX_DIR" not in found.value.what_to_do
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
    with pytest.raises(UsageError, match="in use by another connector"):
        opened(tmp_path / "link")


def test_others_may_read_it_while_a_connector_runs(tmp_path: Path, outbox: Outbox) -> None:
    with_open_unit(outbox)
    reader = sqlite3.connect(f"{path_in(tmp_path).as_uri()}?mode=ro", uri=True, timeout=0)
    assert reader.execute("SELECT org_nr, status FROM unit").fetchall() == [(UNIT, "open")]
    keep(outbox, "f", range(1, 3))
    assert reader.execute("SELECT count(*) FROM delivery").fetchone() == (2,)
    reader.close()


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    outbox = opened(folder)
    keep(outbox, "f", range(1, 3))
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}
    outbox.close()
    path_in(folder).chmod(0o644)
    opened(folder).close()
    assert path_in(folder).stat().st_mode & 0o777 == 0o600


def test_a_full_disk_changes_nothing_and_is_told(outbox: Outbox) -> None:
    with_open_unit(outbox)
    pages = outbox._sql.execute("PRAGMA page_count").fetchone()[0]
    outbox._sql.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(DiskError, match="the disk is full"):
        keep(outbox, "f", range(1, 500))
    assert outbox.units_to_read("f", "digest") is None
    outbox._sql.execute("PRAGMA max_page_count = 100000")
    keep(outbox, "f", range(1, 500))
    assert outbox.unanswered() == (499, 49_900)


def test_a_file_that_is_no_outbox_is_told(tmp_path: Path) -> None:
    path_in(tmp_path).write_text("not a database, but long enough to look like one" * 10)
    with pytest.raises(DiskError, match="is not an outbox"):
        opened(tmp_path)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DiskError, match="cannot be made"):
        opened(tmp_path / "file" / "folder")


def test_another_systems_outbox_is_refused(tmp_path: Path) -> None:
    opened(tmp_path).close()
    with pytest.raises(UsageError, match=SYSTEM):
        Outbox(path_in(tmp_path), system="eg-infodoc")


def test_a_held_unit_is_made_anew_from_its_files(outbox: Outbox) -> None:
    with_open_unit(outbox)
    keep(outbox, "f", range(1, 3))
    assert not outbox.rebuild_unit(UNIT)
    with outbox.changing():
        outbox.hold_unit(UNIT, UnitStatus.BLOCKED, "WHY")
    assert sequences(outbox) == []
    assert outbox.unanswered() == (0, 0)
    assert outbox.rebuild_unit(UNIT)
    assert outbox.units_to_read("f", "digest") == frozenset({UNIT})
    with_open_unit(outbox, at=7)
    outbox.keep("f", "digest", [new(7)])
    assert outbox.units_to_read("f", "digest") == frozenset()
    assert sequences(outbox) == [(UNIT, 7, 1)]


def test_a_unit_that_was_left_out_is_read_later(outbox: Outbox) -> None:
    outbox.keep("f", "d", [], left_out=[UNIT])
    assert outbox.units_to_read("f", "d") == frozenset({UNIT})


def test_a_released_unit_sends_the_very_same_again(outbox: Outbox) -> None:
    with_open_unit(outbox)
    keep(outbox, "f", range(1, 3))
    first = take(outbox)
    assert not outbox.release(UNIT)
    with outbox.changing():
        outbox.hold_unit(UNIT, UnitStatus.BLOCKED, "UNKNOWN_KEY")
    assert outbox.release(UNIT)
    again = take(outbox)
    assert [one.record for one in again] == [one.record for one in first]
    assert [one.attempt for one in again] == [2, 2]


def test_a_unit_whose_hello_was_refused_is_asked_after_again(outbox: Outbox) -> None:
    outbox.add_unit(UNIT, "0301")
    with outbox.changing():
        outbox.hold_unit(UNIT, UnitStatus.BLOCKED, "INVALID_ORG_NR")
    assert not outbox.has_new_units()
    assert outbox.release(UNIT)
    assert outbox.has_new_units()
