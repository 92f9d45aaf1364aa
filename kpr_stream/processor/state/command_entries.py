"""Ledger entries of releases, quarantined items and commands. Pure.

Ledger keys: ``r`` + release key → its state, the value of its record; ``A`` + release key → the
last day on which it is admitted; ``k`` + command id → answered; ``Q`` + quarantine id → state of
an open item, the value of its record; ``q`` + consultation or appointment key → quarantine id of
the item's open rejection (at most one).

An item without an id has a substitute in the place of that key. ``S`` + quarantine id → substitute
of an open item, since its record does not hold it; ``z`` + unit key → the unit has sent such items.
"""

from __future__ import annotations

from datetime import date

from kpr_stream.model import topics
from kpr_stream.model.command import (
    SOFTWARE_VERSION,
    VALID_UNTIL,
    CommandKind,
    ResultStatus,
)
from kpr_stream.model.header import NO_KEY, HeaderStatus, LedgerHeader
from kpr_stream.model.release import release_key
from kpr_stream.model.unit import unit_key
from kpr_stream.model.words import System
from kpr_stream.schemas import wire

COMMAND_TOPICS = (topics.RELEASE, topics.COMMAND_RESULT, topics.QUARANTINE_STATE)
_ANSWERED = _SENT = b"\x01"


def command_entries(
    topic: str, key: bytes, value: bytes | None, header: LedgerHeader
) -> dict[bytes, bytes]:
    """Return the entries of a record on one of ``COMMAND_TOPICS``; an empty value deletes its key.

    The header of a quarantine state says LIVE while the item is open, and holds the item's own key
    (or its substitute) in the place of the natural key. ValueError for any other topic.
    """
    if topic == topics.RELEASE:
        return {release_entry_key(key): value or b""}
    if topic == topics.COMMAND_RESULT:
        answered = {result_entry_key(key.decode()): _ANSWERED if value else b""}
        return answered | (_admitted(value) if value else {})
    if topic != topics.QUARANTINE_STATE:
        raise ValueError(f"{topic} has no ledger entries in this file: add a branch for it.")
    is_open = header.status is HeaderStatus.LIVE
    quarantine_id = bytes.fromhex(key.decode())
    puts = {open_entry_key(quarantine_id): (value or b"") if is_open else b""}
    if header.natural_key != NO_KEY:
        puts[rejected_entry_key(header.natural_key)] = quarantine_id if is_open else b""
        state = wire.decode("quarantine_state", value) if value else None
        if state is not None and state["item_key"] is None:
            puts[substitute_entry_key(quarantine_id)] = header.natural_key if is_open else b""
            unit = unit_key(state["org_nr"], state["system"])
            puts[sent_without_id_entry_key(unit)] = _SENT
    return puts


def _admitted(value: bytes) -> dict[bytes, bytes]:
    """Return the entry of a release that this answer admits; nothing for any other answer.

    The answer is the record of it: it is kept permanently, and says on which certificate.
    """
    result = wire.decode("command_result", value)
    if result["kind"] != CommandKind.ADMIT_RELEASE or result["status"] != ResultStatus.DONE:
        return {}
    arguments = result["arguments"]
    key = release_key(System(result["system"]), arguments[SOFTWARE_VERSION])
    return {admitted_entry_key(key): arguments[VALID_UNTIL].encode()}


def read_admitted(entry: bytes | None) -> date | None:
    """Return the last day on which a release is admitted; None if it was never admitted."""
    return date.fromisoformat(entry.decode()) if entry else None


def admitted_entry_key(key: bytes) -> bytes:
    """Return the ledger key of a release's admission."""
    return b"A" + key


def release_entry_key(key: bytes) -> bytes:
    """Return the ledger key of a release's state."""
    return b"r" + key


def result_entry_key(command_id: str) -> bytes:
    """Return the ledger key of an answered command."""
    return b"k" + command_id.encode()


def open_entry_key(quarantine_id: bytes) -> bytes:
    """Return the ledger key of an open quarantined item."""
    return b"Q" + quarantine_id


def rejected_entry_key(item_key: bytes) -> bytes:
    """Return the ledger key of a consultation's or appointment's open rejection."""
    return b"q" + item_key


def substitute_entry_key(quarantine_id: bytes) -> bytes:
    """Return the ledger key of the substitute of an open item without an id."""
    return b"S" + quarantine_id


def sent_without_id_entry_key(unit: bytes) -> bytes:
    """Return the ledger key of the mark of a unit that has sent items without an id."""
    return b"z" + unit
