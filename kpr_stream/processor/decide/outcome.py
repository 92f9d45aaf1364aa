"""The outcome of an item: one of seven, from what is known of its key and what the item holds.

Newer means a greater (extracted_at, sequence). A duplicate changes nothing, not even the known
version. Within one delivery, deletes are decided before upserts, and a later item is newer than an
earlier one. ``supersede`` decides whether another system of the unit has the consultation already.
"""

from __future__ import annotations

from kpr_stream.model.header import HeaderStatus
from kpr_stream.model.words import Operation, Outcome
from kpr_stream.processor.state.known import ContentVersion, KnownRecord

WRITTEN = frozenset({Outcome.ACCEPTED, Outcome.CORRECTED, Outcome.DELETED, Outcome.SUPERSEDED})
"""Outcomes that write a cleaned record."""


def outcome_of(
    known: KnownRecord | None,
    *,
    operation: Operation,
    rejected: bool,
    version: ContentVersion,
    content_hash: bytes,
) -> Outcome:
    """The outcome of one item; ``content_hash`` matters for upserts only."""
    if rejected:
        return Outcome.REJECTED
    if operation is Operation.KEEP:
        return Outcome.DUPLICATE
    if operation is Operation.DELETE:
        return _delete(known, version)
    return _upsert(known, version, content_hash)


def _delete(known: KnownRecord | None, version: ContentVersion) -> Outcome:
    if known is None:
        return Outcome.DELETED
    if known.status is HeaderStatus.DELETED:
        return Outcome.DUPLICATE
    return Outcome.DELETED if version >= known.version else Outcome.STALE


def _upsert(known: KnownRecord | None, version: ContentVersion, content_hash: bytes) -> Outcome:
    if known is None:
        return Outcome.ACCEPTED
    if known.status is HeaderStatus.DELETED:
        return Outcome.ACCEPTED if version >= known.version else Outcome.STALE
    if known.content_hash == content_hash:
        return Outcome.DUPLICATE
    return Outcome.CORRECTED if version >= known.version else Outcome.STALE
