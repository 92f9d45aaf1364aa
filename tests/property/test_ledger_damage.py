"""A ledger whose files are cut, overwritten or deleted never lies.

Every read (by key, by prefix, of everything) gives what the watermark promises, or raises
LedgerBrokenError, or the ledger starts empty. The topics then fill it again.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kpr_stream.errors import LedgerBrokenError
from kpr_stream.processor.adapters.ledger import Ledger, LedgerMemory
from kpr_stream.processor.state.entries import (
    natural_entry_key,
    read_watermark,
    watermark,
    watermark_key,
)
from tests.support.examples import examples

TOPIC = "kpr.hst.unit"
BATCHES = 300


def key(number: int) -> bytes:
    return b"c" + number.to_bytes(16, "big")


def natural(number: int) -> bytes:
    """A natural key: the digest spreads them over the blocks, as keyed hashes do."""
    return sha256(str(number).encode()).digest()[:16]


def value(number: int) -> bytes:
    return number.to_bytes(200, "little")


def entries(number: int) -> dict[bytes, bytes]:
    """What the ledger holds of one number: by key, and by key under its natural key."""
    return {
        key(number): value(number),
        natural_entry_key(natural(number), key(number)): value(number),
    }


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed ledger of which a part lies in tables and a part in the write-ahead log."""
    path = tmp_path_factory.mktemp("ledger") / "lane-0"
    for half in (range(1, BATCHES // 2), range(BATCHES // 2, BATCHES + 1)):
        ledger = Ledger(path, LedgerMemory())
        for number in half:
            ledger.write({**entries(number), watermark_key(TOPIC): watermark(number, 1)})
        ledger.close()
    return path


@contextmanager
def copied(written: Path) -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "lane-0"
        shutil.copytree(written, path)
        yield path


def by_key(ledger: Ledger, upto: int) -> None:
    wanted = range(1, upto + 1)
    assert ledger.get_many([key(n) for n in wanted]) == [value(n) for n in wanted]


def by_prefix(ledger: Ledger, upto: int) -> None:
    for n in range(1, upto + 1):
        prefix = natural_entry_key(natural(n))
        assert list(ledger.entries_from(prefix)) == [(prefix + key(n), value(n))]


def by_prefixes(ledger: Ledger, upto: int) -> None:
    prefixes = [natural_entry_key(natural(n)) for n in range(1, upto + 1)]
    assert ledger.entries_from_many(prefixes) == [
        [(prefix + key(n), value(n))] for n, prefix in enumerate(prefixes, start=1)
    ]


def everything(ledger: Ledger, upto: int) -> None:
    promised = {name: at for n in range(1, upto + 1) for name, at in entries(n).items()}
    assert promised.items() <= dict(ledger.entries()).items()


READS: tuple[Callable[[Ledger, int], None], ...] = (
    *(by_key, by_prefix, by_prefixes),
    everything,
)


def holds_what_it_says(path: Path) -> int:
    """Check every kind of read; how many of them raised LedgerBrokenError."""
    ledger = Ledger(path, LedgerMemory())
    broken = 0
    for read in READS:
        try:
            upto, _ = read_watermark(ledger.get(watermark_key(TOPIC)))
            read(ledger, upto)
        except LedgerBrokenError:
            broken += 1
    if broken:
        ledger.wipe()
        assert list(ledger.entries()) == []
    ledger.write({key(1): value(1)})
    assert ledger.get(key(1)) == value(1)
    ledger.close()
    return broken


def test_undamaged_it_holds_everything(written: Path) -> None:
    with copied(written) as path:
        ledger = Ledger(path, LedgerMemory())
        assert read_watermark(ledger.get(watermark_key(TOPIC))) == (BATCHES, 1)
        ledger.close()
        assert holds_what_it_says(path) == 0


@settings(max_examples=examples(60))
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


@pytest.mark.parametrize("tenth", range(1, 9))
def test_a_damaged_block_hides_no_entry(written: Path, tenth: int) -> None:
    with copied(written) as path:
        for table in path.glob("*.sst"):
            content = table.read_bytes()
            at = len(content) * tenth // 10
            table.write_bytes(content[:at] + b"\xff" * 20 + content[at + 20 :])
        assert holds_what_it_says(path) > 0


def test_a_folder_that_is_gone_starts_empty(written: Path) -> None:
    with copied(written) as path:
        shutil.rmtree(path)
        holds_what_it_says(path)
