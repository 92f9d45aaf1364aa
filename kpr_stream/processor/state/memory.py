"""A ledger in memory, for the self-test and for tests. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from kpr_stream.processor.state.entries import NATURAL_BYTES, SEARCHED, Entries


class MemoryLedger:
    """A ledger without a disk: the reads and the write of ``adapters/ledger.py`` on a dict.

    Entries that are searched by prefix are grouped by it, so that a search stays fast among
    millions of entries. ``write`` is the only way to change ``entries``.
    """

    def __init__(self) -> None:
        self.entries: Entries = {}
        self._searched: dict[bytes, Entries] = defaultdict(dict)

    def get(self, key: bytes) -> bytes | None:
        """Return the value of a key; None if there is none."""
        return self.entries.get(key)

    def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Return the values of many keys, in their order."""
        return [self.entries.get(key) for key in keys]

    def entries_from(self, prefix: bytes) -> list[tuple[bytes, bytes]]:
        """Return the entries whose keys start with a prefix, in key order."""
        if prefix[:1] in SEARCHED and len(prefix) == NATURAL_BYTES:
            return sorted(self._searched.get(prefix, {}).items())
        return sorted((k, v) for k, v in self.entries.items() if k.startswith(prefix))

    def entries_from_many(self, prefixes: Sequence[bytes]) -> list[list[tuple[bytes, bytes]]]:
        """Return the entries of many prefixes, in their order."""
        return [self.entries_from(prefix) for prefix in prefixes]

    def write(self, puts: Entries) -> None:
        """Write all entries; an empty value deletes its key."""
        for key, value in puts.items():
            _put(self.entries, key, value)
            if key[:1] in SEARCHED:
                _put(self._searched[key[:NATURAL_BYTES]], key, value)


def _put(entries: Entries, key: bytes, value: bytes) -> None:
    if value:
        entries[key] = value
    else:
        entries.pop(key, None)
