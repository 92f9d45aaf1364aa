"""Answer every line as a perfect receiver does, and say what it then holds.

Written from the contract's text alone (design, "Outcome of an item"), without the processor's
code. The n-th lines of all keys are answered together, then the (n+1)-th. A key is one
consultation or appointment of one unit and system. The greater (extracted, turn) is newer; a
duplicate changes nothing; within a turn deletions come first and leave at most one record a key.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kpr_stream.model.words import OUTCOMES, Outcome
from kpr_stream.simulate.nation.draw import Bools, Ints
from kpr_stream.simulate.nation.records.history import DELETE, KEEP, UPSERT, Events

UNKNOWN, LIVE, DELETED, SUPERSEDED = 0, 1, 2, 3
_NEVER = np.iinfo(np.int64).max
OUTCOME = {outcome: n for n, outcome in enumerate(OUTCOMES)}


@dataclass(slots=True)
class HeldState:
    """What is held of each key: status, content, and the version of the content."""

    status: Ints
    content: Ints
    extracted: Ints
    turn: Ints


@dataclass(frozen=True, slots=True)
class RecordVersions:
    """All versions in order of time: key, the event with the content, start, and status.

    ``since`` is in minutes since 1970, ``status`` is LIVE, DELETED or SUPERSEDED.
    """

    key: Ints
    event: Ints
    since: Ints
    status: Ints

    def until(self) -> Ints:
        """Return when the key's next version starts."""
        order = np.argsort(self.key, kind="stable")
        following = np.full(len(order), _NEVER)
        same = self.key[order][1:] == self.key[order][:-1]
        following[order[:-1][same]] = self.since[order[1:][same]]
        return following


@dataclass(frozen=True, slots=True)
class Received:
    """The outcome of every event (index into OUTCOMES), and the resulting versions."""

    outcome: Ints
    versions: RecordVersions


def receive(
    events: Events, content: Ints, extracted: Ints, sent: Ints, *, rejected: Bools, keys: int
) -> Received:
    """Answer events in the order of sending.

    Two lines with equal ``content`` say the same. ``rejected`` marks lines without an id, and
    upserts without a start.
    """
    held = HeldState(*(np.full(keys, UNKNOWN, dtype=np.int64) for _ in range(4)))
    outcome = np.full(len(events), OUTCOME[Outcome.REJECTED])
    wrote = np.zeros(len(events), dtype=np.bool_)
    order = np.argsort(events.key, kind="stable")
    order = order[~rejected[order]]
    _, first, count = np.unique(events.key[order], return_index=True, return_counts=True)
    rank = np.arange(len(order)) - np.repeat(first, count)
    for nth in range(int(rank.max(initial=-1)) + 1):
        at = order[rank == nth]
        outcome[at], changes = _answer(held, events, content, extracted, at)
        wrote[at] = changes
        _hold(held, events, content, extracted, at[changes])
    left = np.flatnonzero(_last_of_turn(events, wrote))
    status = np.where(events.operation[left] == UPSERT, LIVE, DELETED)
    return Received(outcome, RecordVersions(events.key[left], left, sent[left], status))


def _answer(
    held: HeldState, events: Events, content: Ints, extracted: Ints, at: Ints
) -> tuple[Ints, Bools]:
    key, operation = events.key[at], events.operation[at]
    status = held.status[key]
    newer = (extracted[at] > held.extracted[key]) | (
        (extracted[at] == held.extracted[key]) & (events.turn[at] >= held.turn[key])
    )
    same = (status == LIVE) & (held.content[key] == content[at])
    upsert, delete = operation == UPSERT, operation == DELETE
    duplicate = (operation == KEEP) | (upsert & same) | (delete & (status == DELETED))
    stale = ~duplicate & (status != UNKNOWN) & ~newer
    answer = np.select(
        [duplicate, stale, delete, upsert & (status == LIVE)],
        [
            OUTCOME[o]
            for o in (Outcome.DUPLICATE, Outcome.STALE, Outcome.DELETED, Outcome.CORRECTED)
        ],
        OUTCOME[Outcome.ACCEPTED],
    )
    return answer, ~duplicate & ~stale


def _hold(held: HeldState, events: Events, content: Ints, extracted: Ints, at: Ints) -> None:
    key = events.key[at]
    held.status[key] = np.where(events.operation[at] == DELETE, DELETED, LIVE)
    held.content[key] = content[at]
    held.extracted[key] = extracted[at]
    held.turn[key] = events.turn[at]


def _last_of_turn(events: Events, wrote: Bools) -> Bools:
    """Return which events wrote the last record of their key in their turn."""
    found = wrote.copy()
    at = np.flatnonzero(wrote)
    at = at[np.lexsort((np.arange(len(at)), events.turn[at], events.key[at]))]
    followed = (events.key[at][1:] == events.key[at][:-1]) & (
        events.turn[at][1:] == events.turn[at][:-1]
    )
    found[at[:-1][followed]] = False
    return found
