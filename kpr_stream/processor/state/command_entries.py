"""What a lane remembers of releases, quarantined items and commands: part of ``remember``. Pure.

Ledger keys: ``r`` + release key → its state as on its topic; ``k`` + command id → answered;
``Q`` + quarantine id → state of an item that is open, as on its topic; ``q`` + consultation or
appointment key → quarantine id of that item's open rejection: there is one at most.
"""

from __future__ import annotations

from kpr_stream.model import topics
from kpr_stream.model.header import NO_KEY, HeaderStatus, LedgerHeader

ACTS = (topics.RELEASE, topics.COMMAND_RESULT, topics.QUARANTINE_STATE)
_ANSWERED = b"\x01"


def acts_entries(
    topic: str, key: bytes, value: bytes | None, header: LedgerHeader
) -> dict[bytes, bytes]:
    """What to put in the ledger for a record of ``ACTS``; an empty value means: forget the key.

    The header of a quarantine state says LIVE while the item is open, and has the item's own key
    in the place of the natural key.
    """
    if topic == topics.RELEASE:
        return {release_entry_key(key): value or b""}
    if topic == topics.COMMAND_RESULT:
        return {result_entry_key(key.decode()): _ANSWERED if value else b""}
    is_open = header.status is HeaderStatus.LIVE
    quarantine_id = bytes.fromhex(key.decode())
    puts = {open_entry_key(quarantine_id): (value or b"") if is_open else b""}
    if header.natural_key != NO_KEY:
        puts[rejected_entry_key(header.natural_key)] = quarantine_id if is_open else b""
    return puts


def release_entry_key(key: bytes) -> bytes:
    """Ledger key of a release's state."""
    return b"r" + key


def result_entry_key(command_id: str) -> bytes:
    """Ledger key of a command that was answered."""
    return b"k" + command_id.encode()


def open_entry_key(quarantine_id: bytes) -> bytes:
    """Ledger key of a quarantined item that is open."""
    return b"Q" + quarantine_id


def rejected_entry_key(item_key: bytes) -> bytes:
    """Ledger key of the open rejection of a consultation or appointment."""
    return b"q" + item_key
