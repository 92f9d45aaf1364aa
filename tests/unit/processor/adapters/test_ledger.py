"""What a ledger says when its files do not take or give what they should."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kpr_stream.errors import DiskError, LedgerBrokenError
from kpr_stream.processor.adapters.ledger import Ledger, LedgerMemory
from tests.support.full_disk import full_disk

ENTRIES = 2000


def key(number: int) -> bytes:
    return b"c" + number.to_bytes(16, "big")


def fill(ledger: Ledger) -> None:
    for number in range(ENTRIES):
        ledger.write({key(number): bytes(100)})


def test_a_full_disk_is_told_and_what_was_written_stays(tmp_path: Path) -> None:
    path = tmp_path / "lane-0"
    ledger = Ledger(path, LedgerMemory())
    ledger.write({key(1): b"old"})
    with full_disk():
        with pytest.raises(DiskError, match="no space is left"):
            ledger.write({key(1): b"new"})
        assert ledger.get(key(1)) == b"old"
        ledger.close()
        with pytest.raises(DiskError):
            Ledger(path, LedgerMemory())
    again = Ledger(path, LedgerMemory())
    assert again.get(key(1)) in {b"old", None}
    again.write({key(1): b"new"})
    assert again.get(key(1)) == b"new"
    again.close()


def test_damage_met_in_the_background_is_not_met_again(tmp_path: Path) -> None:
    path = tmp_path / "lane-0"
    ledger = Ledger(path, LedgerMemory())
    fill(ledger)
    ledger._db.flush()
    for table in path.glob("*.sst"):
        with table.open("r+b") as file:
            file.write(b"\xff" * (table.stat().st_size // 2))
    fill(ledger)
    ledger._db.flush()
    ledger._db.compact_range(None, None)
    with pytest.raises(LedgerBrokenError, match=r"cannot be written \(Corruption\)"):
        ledger.write({key(1): b"new"})
    assert not path.exists()
    with pytest.raises(LedgerBrokenError):
        ledger.get(key(1))
    ledger.wipe()
    assert list(ledger.entries()) == []
    ledger.write({key(1): b"new"})
    ledger.close()


def test_a_folder_that_vanishes_is_noticed_when_a_file_is_to_be_made(tmp_path: Path) -> None:
    path = tmp_path / "lane-0"
    ledger = Ledger(path, LedgerMemory())
    fill(ledger)
    shutil.rmtree(path)
    assert ledger.get(key(1)) == bytes(100)
    with pytest.raises(Exception, match="No such file"):
        ledger._db.flush()
    with pytest.raises(LedgerBrokenError):
        ledger.write({key(1): b"new"})
    ledger.wipe()
    assert ledger.get(key(1)) is None
    ledger.close()
