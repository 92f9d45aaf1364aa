"""A ledger whose files are cut, overwritten or gone never lies: what its watermark says it holds it
holds, or it says that it is broken, or it starts empty. It is a cache; the topics heal it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kpr_stream.errors import LedgerBrokenError
from kpr_stream.processor.adapters.ledger import Ledger, LedgerMemory
from kpr_stream.processor.state.entries import read_watermark, watermark, watermark_key

TOPIC = "kpr.hst.unit"
BATCHES = 300


def key(number: int) -> bytes:
    return b"c" + number.to_bytes(16, "big")


def value(number: int) -> bytes:
    return number.to_bytes(200, "little")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed ledger of which a part lies in tables and a part in the write-ahead log."""
    path = tmp_path_factory.mktemp("ledger") / "lane-0"
    for half in (range(1, BATCHES // 2), range(BATCHES // 2, BATCHES + 1)):
        ledger = Ledger(path, LedgerMemory())
        for number in half:
            ledger.write({key(number): value(number), watermark_key(TOPIC): watermark(number, 1)})
        ledger.close()
    return path


@contextmanager
def copied(written: Path) -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "lane-0"
        shutil.copytree(written, path)
        yield path


def holds_what_it_says(path: Path) -> None:
    ledger = Ledger(path, LedgerMemory())
    try:
        upto, _ = read_watermark(ledger.get(watermark_key(TOPIC)))
        found = ledger.get_many([key(n) for n in range(1, upto + 1)])
    except LedgerBrokenError:
        ledger.wipe()
        assert list(ledger.entries()) == []
    else:
        assert found == [value(n) for n in range(1, upto + 1)]
    ledger.write({key(1): value(1)})
    assert ledger.get(key(1)) == value(1)
    ledger.close()


def test_undamaged_it_holds_everything(written: Path) -> None:
    with copied(written) as path:
        ledger = Ledger(path, LedgerMemory())
        assert read_watermark(ledger.get(watermark_key(TOPIC))) == (BATCHES, 1)
        ledger.close()
        holds_what_it_says(path)


@settings(max_examples=60)
@example(0, 0.875, "overwrite")  # said «block», and was taken for a lock
@given(st.integers(0, 10**6), st.floats(0, 1), st.sampled_from(["cut", "overwrite", "delete"]))
def test_damaged_it_never_lies(written: Path, which: int, where: float, how: str) -> None:
    with copied(written) as path:
        files = sorted(file for file in path.iterdir() if file.is_file())
        damaged = files[which % len(files)]
        content = damaged.read_bytes()
        place = int(where * len(content))
        if how == "cut":
            damaged.write_bytes(content[:place])
        elif how == "overwrite":
            damaged.write_bytes(content[:place] + b"\xff" * 20 + content[place + 20 :])
        else:
            damaged.unlink()
        holds_what_it_says(path)


def test_a_folder_that_is_gone_starts_empty(written: Path) -> None:
    with copied(written) as path:
        shutil.rmtree(path)
        holds_what_it_says(path)
