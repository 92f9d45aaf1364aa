"""Keep a lane's ledger: a RocksDB that caches its output topics. Never a source of truth.

All ledgers of a process share one block cache and one write-buffer budget, so that memory does
not grow with the number of lanes or the length of history.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from rocksdict import (
    BlockBasedOptions,
    Cache,
    DBCompressionType,
    Options,
    Rdict,
    RdictIter,
    WriteBatch,
    WriteBufferManager,
)

from kpr_stream.errors import DiskError, LedgerBrokenError
from kpr_stream.processor.adapters.tuning import ROCKSDB, values
from kpr_stream.processor.state.entries import Entries

_TUNED = values(ROCKSDB)
_FULL: Final = ("No space left", "File too large", "quota exceeded")
"""Texts of the operating system that RocksDB quotes when a disk or a quota is full."""


class LedgerMemory:
    """The memory that all ledgers of a process share."""

    def __init__(self) -> None:
        self.cache = Cache(_TUNED["block_cache"])
        self.write_buffers = WriteBufferManager(_TUNED["write_buffer_manager"], allow_stall=False)

    def options(self) -> Options:
        """Return the options of one ledger."""
        _, bits = _TUNED["filter_policy"].split(":")
        blocks = BlockBasedOptions()
        blocks.set_block_cache(self.cache)
        blocks.set_cache_index_and_filter_blocks(_TUNED["cache_index_and_filter_blocks"])
        blocks.set_bloom_filter(int(bits), False)  # noqa: FBT003 - full filters
        options = Options(raw_mode=True)
        options.create_if_missing(True)  # noqa: FBT003 - its only parameter
        options.set_block_based_table_factory(blocks)
        options.set_write_buffer_manager(self.write_buffers)
        options.set_compression_type(DBCompressionType.lz4())
        options.set_keep_log_file_num(_TUNED["keep_log_file_num"])
        return options


class Ledger:
    """One lane's ledger. Keys and values are those of ``state.entries``; an absent key is None."""

    def __init__(self, path: Path, memory: LedgerMemory) -> None:
        self.path = path
        self._memory = memory
        self._db = _open(path, memory)

    def get(self, key: bytes) -> bytes | None:
        """Return one value."""
        try:
            value: bytes | None = self._db.get(key)
        except Exception as cause:  # noqa: BLE001 - rocksdict raises plain Exception
            raise self._unreadable(cause) from None
        return value

    def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Return the values of many keys, in their order; one call for a whole batch."""
        if not keys:
            return []
        try:
            return list(self._db.get(list(keys)) or ())
        except Exception as cause:  # noqa: BLE001 - rocksdict raises plain Exception
            raise self._unreadable(cause) from None

    def write(self, puts: Entries) -> None:
        """Write all entries or none. An empty value deletes the key.

        DiskError if the disk is full. LedgerBrokenError for any other failure. The files are
        deleted then, since RocksDB meets the same damage at every opening.
        """
        batch = WriteBatch(raw_mode=True)
        for key, value in puts.items():
            if value:
                batch.put(key, value)
            else:
                batch.delete(key)
        try:
            self._db.write(batch)
        except Exception as cause:  # noqa: BLE001 - rocksdict raises plain Exception
            if _is_full(cause):
                raise _unusable(self.path, "no space is left on the disk") from None
            self._delete()
            raise LedgerBrokenError(
                f"The ledger {self.path} cannot be written ({_kind(cause)}).",
                what_to_do="Nothing: it is read again from the topics. Look at the disk.",
            ) from None

    def entries(self) -> list[tuple[bytes, bytes]]:
        """Return every entry, in key order. LedgerBrokenError at a damaged block."""
        return self.entries_from(b"")

    def entries_from(self, prefix: bytes) -> list[tuple[bytes, bytes]]:
        """Return the entries whose keys start with a prefix, in key order. Errors: ``entries``."""
        (found,) = self.entries_from_many((prefix,))
        return found

    def entries_from_many(self, prefixes: Sequence[bytes]) -> list[list[tuple[bytes, bytes]]]:
        """Return the entries of many prefixes, in their order. Errors: ``entries``.

        With one iterator for all, in key order: an iterator costs as much as its search, and
        neighbours lie in the same block.
        """
        found: dict[bytes, list[tuple[bytes, bytes]]] = {}
        try:
            iterator = self._db.iter()
            for prefix in sorted(set(prefixes)):
                found[prefix] = _searched(iterator, prefix)
        except Exception as cause:  # noqa: BLE001 - rocksdict raises plain Exception
            raise self._unreadable(cause) from None
        return [found[prefix] for prefix in prefixes]

    def entry_count(self) -> int:
        """Return about how many keys there are (RocksDB's own estimate)."""
        return self._db.property_int_value("rocksdb.estimate-num-keys") or 0

    def disk_bytes(self) -> int:
        """Return the size of its files on disk, the write-ahead log included."""
        size = 0
        with suppress(OSError):  # the folder of a damaged ledger is deleted
            for file in os.scandir(self.path):
                with suppress(OSError):  # RocksDB deletes files in a thread of its own
                    size += file.stat().st_size
        return size

    def _unreadable(self, cause: Exception) -> LedgerBrokenError:
        return LedgerBrokenError(
            f"The ledger {self.path} cannot be read ({_kind(cause)}).",
            what_to_do="Nothing: it is read again from the topics. Look at the disk.",
        )

    def wipe(self) -> None:
        """Delete everything, so that the topics are read again."""
        self._delete()
        self._db = _open(self.path, self._memory)

    def close(self) -> None:
        """Release the files. A broken ledger may fail to close; the next opening finds that."""
        with suppress(Exception):
            self._db.close()

    def _delete(self) -> None:
        self.close()
        shutil.rmtree(self.path, ignore_errors=True)


def _searched(iterator: RdictIter, prefix: bytes) -> list[tuple[bytes, bytes]]:
    found = []
    iterator.seek(prefix)
    while (key := iterator.key()) is not None and key.startswith(prefix):
        found.append((key, iterator.value()))
        iterator.next()
    # A RocksDB iterator ends at a damaged block as it ends after the last key. Only its
    # status distinguishes the two; rocksdict's ``items`` never asks for it.
    iterator.status()
    return found


def _open(path: Path, memory: LedgerMemory) -> Rdict:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        raise _unusable(path, cause.strerror or "the folder cannot be made") from None
    try:
        return Rdict(str(path), memory.options())
    except Exception as cause:  # noqa: BLE001 - rocksdict raises plain Exception for every failure
        # Not "lock" alone: the text of a corrupted "block" has it too, and that one is deleted.
        if any(text in str(cause).lower() for text in ("lock file", "lock hold")):
            raise _unusable(path, "another process holds it") from None
        if _is_full(cause):
            raise _unusable(path, "no space is left on the disk") from None
    # Files that cannot be read are deleted: the ledger is a cache, and the topics hold all of it.
    shutil.rmtree(path, ignore_errors=True)
    try:
        path.mkdir(parents=True, exist_ok=True)
        return Rdict(str(path), memory.options())
    except Exception as cause:  # noqa: BLE001 - rocksdict raises plain Exception for every failure
        raise _unusable(path, f"it cannot be made again ({_kind(cause)})") from None


def _is_full(cause: Exception) -> bool:
    return any(text in str(cause) for text in _FULL)


def _kind(cause: Exception) -> str:
    """Return RocksDB's word for the class of an error (Corruption) and no more of its text."""
    kind, colon, _ = str(cause).partition(":")
    return kind if colon else type(cause).__name__


def _unusable(path: Path, why: str) -> DiskError:
    return DiskError(
        f"The ledger {path} cannot be opened: {why}.",
        what_to_do="Free the disk, or give this worker a name of its own (KPR_INSTANCE).",
    )
