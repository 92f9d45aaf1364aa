"""The ledger as one batch sees it: the batch's own entries lie over the ledger's. Pure.

Nothing here reaches the ledger before the transaction has committed. After an abort the overlay
is thrown away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Protocol

from kpr_stream.processor.state.entries import NATURAL_BYTES, SEARCHED, Entries


class LedgerReader(Protocol):
    """The questions that a decision may ask a ledger."""

    def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Return the values of many keys, in their order."""
        ...

    def entries_from(self, prefix: bytes) -> Iterable[tuple[bytes, bytes]]:
        """Return the entries whose keys start with a prefix, in key order."""
        ...

    def entries_from_many(
        self, prefixes: Sequence[bytes]
    ) -> Sequence[Iterable[tuple[bytes, bytes]]]:
        """Return the entries of many prefixes, in their order."""
        ...


class Overlay:
    """A view that reads through to a ledger and writes to itself."""

    def __init__(self, ledger: LedgerReader) -> None:
        self._ledger = ledger
        self._fetched: dict[bytes, bytes | None] = {}
        self._found: dict[bytes, Iterable[tuple[bytes, bytes]]] = {}
        """Entries of the ledger, by the prefix that was searched."""
        self.puts: Entries = {}
        self._searched: dict[bytes, set[bytes]] = defaultdict(set)

    def prefetch(self, keys: Iterable[bytes]) -> None:
        """Read many keys at once; ``get`` then needs no call of its own."""
        missing = [k for k in dict.fromkeys(keys) if k not in self._fetched]
        self._fetched.update(zip(missing, self._ledger.get_many(missing), strict=True))

    def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """See LedgerReader: an overlay may lie over another."""
        self.prefetch(keys)
        return [self.get(key) for key in keys]

    def get(self, key: bytes) -> bytes | None:
        """Return the value of a key as of now; None if there is none."""
        if key in self.puts:
            return self.puts[key] or None
        if key not in self._fetched:
            self.prefetch((key,))
        return self._fetched[key]

    def entries_from(self, prefix: bytes) -> Iterable[tuple[bytes, bytes]]:
        """See LedgerReader; only for a mark of ``SEARCHED`` and one key."""
        self.prefetch_from((prefix,))
        found = dict(self._found[prefix])
        found.update((key, self.puts[key]) for key in self._searched.get(prefix, ()))
        return sorted((key, value) for key, value in found.items() if value)

    def prefetch_from(self, prefixes: Iterable[bytes]) -> None:
        """Search many prefixes at once; ``entries_from`` then needs no call of its own."""
        missing = [p for p in dict.fromkeys(prefixes) if p not in self._found]
        if missing:
            self._found.update(zip(missing, self._ledger.entries_from_many(missing), strict=True))

    def entries_from_many(
        self, prefixes: Sequence[bytes]
    ) -> Sequence[Iterable[tuple[bytes, bytes]]]:
        """See LedgerReader."""
        self.prefetch_from(prefixes)
        return [self.entries_from(prefix) for prefix in prefixes]

    def put(self, entries: Entries) -> None:
        """Keep entries for the rest of this batch; its commit writes them into the ledger."""
        self.puts.update(entries)
        for key in entries:
            if key[:1] in SEARCHED:
                self._searched[key[:NATURAL_BYTES]].add(key)

    def put_unsearched(self, entries: Entries) -> None:
        """Keep entries likewise that no later item of the batch searches by prefix."""
        self.puts.update(entries)
