"""Remember the items of one dry run, as the receiver's ledger would. Pure.

An id that occurs again, in the same file or a later one, gets the outcome that the receiver would
give it.
"""

from __future__ import annotations

from collections import Counter
from hashlib import sha256

from kpr_stream.model.delivery import Envelope, PreparedItem
from kpr_stream.model.header import NO_KEY, HeaderStatus
from kpr_stream.model.words import Outcome
from kpr_stream.processor.decide.outcome import WRITTEN, outcome_of
from kpr_stream.processor.state.known import ContentVersion, KnownRecord

_Key = tuple[str, str, str]


class Seen:
    """Items and deliveries of one system that this run has seen; never stored."""

    def __init__(self) -> None:
        self._known: dict[_Key, KnownRecord] = {}
        self._sequences: Counter[str] = Counter()

    def next_sequence(self, org_nr: str) -> int:
        """Return the number of a unit's next delivery, from 1."""
        self._sequences[org_nr] += 1
        return self._sequences[org_nr]

    def outcome_of(self, envelope: Envelope, item: PreparedItem) -> Outcome:
        """Return the outcome of an item after those before it, and remember the item."""
        key = (envelope.message_type, envelope.org_nr, item.local_id or "")
        version = ContentVersion(envelope.extracted_at, envelope.sequence)
        # Not keyed, unlike the receiver's hashes: this one never leaves the process.
        content_hash = sha256(item.content.encode()).digest()
        outcome = outcome_of(
            self._known.get(key),
            operation=item.operation,
            rejected=item.rejected,
            version=version,
            content_hash=content_hash,
        )
        if outcome is Outcome.DELETED:
            self._known[key] = KnownRecord(HeaderStatus.DELETED, version, NO_KEY)
        elif outcome in WRITTEN:
            self._known[key] = KnownRecord(HeaderStatus.LIVE, version, content_hash)
        return outcome
