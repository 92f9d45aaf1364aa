"""Turn a unit's exports of changes into snapshots of everything.

An export says what changed. A snapshot holds every visit as it is, and what was deleted as entered
in error. A snapshot is never older than the one before it, so a restored backup has no counterpart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from kpr_stream.model.words import MessageType, Operation
from kpr_stream.simulate.small.calendar import Slot
from kpr_stream.simulate.small.entries import Entry

SNAPSHOTS = 3
"""Snapshots of a history. Each holds everything, so that many would be much of the same."""

Histories = dict[MessageType, list[Slot]]


@dataclass(frozen=True, slots=True)
class Kept:
    """A visit or appointment as a snapshot has it, with the id of its resource."""

    resource: str
    entry: Entry
    """The last upsert, without content if it was deleted before any snapshot had it."""
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """All that one unit has at the time of a snapshot."""

    extracted_at: datetime
    slot: Slot
    """The last period that is in it."""
    kept: dict[MessageType, tuple[Kept, ...]]


@dataclass(slots=True)
class _Now:
    """What one message type holds at some time."""

    kept: dict[str, Kept] = field(default_factory=dict)
    without_id: int = 0


def states(org_nr: str, made: Histories) -> list[State]:
    """Return the snapshots of a unit, in order."""
    newer = _newer_turns(made[MessageType.CONSULTATION])
    chosen = {newer[(len(newer) - 1) * (n + 1) // SNAPSHOTS] for n in range(SNAPSHOTS)}
    now = {kind: _Now() for kind in made}
    found = []
    for turn in range(len(made[MessageType.CONSULTATION])):
        for kind, slots in made.items():
            _take(now[kind], slots[turn], org_nr, newer=turn in newer)
        if turn in chosen:
            slot = made[MessageType.CONSULTATION][turn]
            kept = {kind: tuple(one.kept.values()) for kind, one in now.items()}
            found.append(State(slot.extracted_at, slot, kept))
    return found


def changes(found: Sequence[State]) -> Iterator[tuple[State, MessageType, list[Entry]]]:
    """Yield what a receiver is sent for each snapshot: deletions of what was withdrawn, and every
    visit that is new or has changed."""
    before: dict[MessageType, dict[str, Kept]] = {}
    for state in found:
        for kind, kept in state.kept.items():
            known = before.setdefault(kind, {})
            changed = [one for one in kept if known.get(one.resource) != one]
            before[kind] = {one.resource: one for one in kept}
            yield state, kind, [_entry(one) for one in changed]


def _entry(one: Kept) -> Entry:
    if not one.withdrawn:
        return one.entry
    return replace(one.entry, operation=Operation.DELETE, content=None)


def _newer_turns(slots: Sequence[Slot]) -> list[int]:
    """Return the turns whose export is newer than every one before it."""
    found: list[int] = []
    for turn, slot in enumerate(slots):
        if not found or slot.extracted_at > slots[found[-1]].extracted_at:
            found.append(turn)
    return found


def _take(now: _Now, slot: Slot, org_nr: str, *, newer: bool) -> None:
    """Take an export. A restored backup, which is not ``newer``, adds only what nobody has seen."""
    for entry in slot.deletions if newer else ():
        if entry.operation is Operation.DELETE and entry.local_id is not None:
            name = _resource(org_nr, entry)
            known = now.kept.get(name)
            now.kept[name] = Kept(name, entry if known is None else known.entry, withdrawn=True)
    for entry in slot.upserts:
        if entry.local_id is None:
            if not newer:
                continue
            now.without_id += 1
            name = f"{_letter(entry)}-{org_nr}-none-{now.without_id}"
        else:
            name = _resource(org_nr, entry)
        if newer or name not in now.kept:
            now.kept[name] = Kept(name, entry)


def _resource(org_nr: str, entry: Entry) -> str:
    return f"{_letter(entry)}-{org_nr}-{(entry.local_id or '')[-9:].lstrip('.')}"


def _letter(entry: Entry) -> str:
    return "e" if entry.message_type is MessageType.CONSULTATION else "a"
