"""What a perfect receiver answers to every line, and what it then holds: the contract, once more.

Written from the text alone (design, "Outcome of an item") and sharing nothing with the processor:
the n-th lines of all keys are answered together, then the (n+1)-th. A key is one consultation or
appointment of one unit and system. Newer is the greater (extracted, turn); a duplicate changes
nothing; within a turn deletions come first and leave at most one record a key.
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
class Held:
    """What is held of each key: status, content, and the version it was taken in."""

    status: Ints
    content: Ints
    extracted: Ints
    turn: Ints


@dataclass(frozen=True, slots=True)
class Versions:
    """What is held, version by version, in order of time: of which key, the event whose content
    it has, since when (minutes since 1970), and LIVE, DELETED or SUPERSEDED."""

    key: Ints
    event: Ints
    since: Ints
    status: Ints

    def until(self) -> Ints:
        """When the key's next version comes."""
        order = np.argsort(self.key, kind="stable")
        following = np.full(len(order), _NEVER)
        same = self.key[order][1:] == self.key[order][:-1]
        following[order[:-1][same]] = self.since[order[1:][same]]
        return following


@dataclass(frozen=True, slots=True)
class Received:
    """Outcome of every event (index into OUTCOMES), and the versions that they left behind."""

    outcome: Ints
    versions: Versions


def receive(
    events: Events, content: Ints, extracted: Ints, sent: Ints, rejected: Bools, keys: int
) -> Received:
    """Answer events that stand in the order of sending. ``content`` is equal where two lines say
    the same; ``rejected`` marks lines that have no id or, being upserts, no start."""
    held = Held(*(np.full(keys, UNKNOWN, dtype=np.int64) for _ in range(4)))
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
    return Received(outcome, Versions(events.key[left], left, sent[left], status))


def _answer(
    held: Held, events: Events, content: Ints, extracted: Ints, at: Ints
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


def _hold(held: Held, events: Events, content: Ints, extracted: Ints, at: Ints) -> None:
    key = events.key[at]
    held.status[key] = np.where(events.operation[at] == DELETE, DELETED, LIVE)
    held.content[key] = content[at]
    held.extracted[key] = extracted[at]
    held.turn[key] = events.turn[at]


def _last_of_turn(events: Events, wrote: Bools) -> Bools:
    """Of several records of a key in one turn, only the last one is left behind."""
    found = wrote.copy()
    at = np.flatnonzero(wrote)
    at = at[np.lexsort((np.arange(len(at)), events.turn[at], events.key[at]))]
    followed = (events.key[at][1:] == events.key[at][:-1]) & (
        events.turn[at][1:] == events.turn[at][:-1]
    )
    found[at[:-1][followed]] = False
    return found
