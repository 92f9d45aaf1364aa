"""The nation's perfect receiver, which takes whole arrays, against the one that takes items."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpr_stream.model.words import OUTCOMES
from kpr_stream.simulate.nation.records.history import DELETE, KEEP, UPSERT, Events
from kpr_stream.simulate.nation.truth.receive import Received, receive
from kpr_stream.simulate.nation.truth.supersede import NOTHING, supersede_older
from tests.property.state_machine.model import Content, Item, Model, Sent
from tests.support.examples import examples

UNIT, OLDER, NEWER = "800000009", "older", "newer"
KEYS = 4
_OPERATIONS = {UPSERT: "upsert", DELETE: "delete", KEEP: "keep"}
_STATUS = {1: "live", 2: "deleted", 3: "superseded"}


class Line(NamedTuple):
    key: int
    operation: int
    content: Content
    rejected: bool


class Delivery(NamedTuple):
    system: str
    extracted_at: int
    lines: tuple[Line, ...]


contents = st.builds(
    Content,
    person=st.sampled_from(["one", "other", None]),
    minute=st.sampled_from([1, 2, None]),
    weight=st.integers(0, 2),
)
lines = st.builds(
    Line,
    key=st.integers(0, KEYS - 1),
    operation=st.sampled_from([UPSERT, UPSERT, UPSERT, DELETE, KEEP]),
    content=contents,
    rejected=st.integers(0, 9).map(lambda n: n == 0),
)
deliveries = st.builds(
    Delivery,
    system=st.sampled_from([OLDER, NEWER]),
    extracted_at=st.integers(0, 4),
    lines=st.lists(lines, max_size=5, unique_by=lambda line: line.key).map(tuple),
)
histories = st.lists(deliveries, max_size=12).map(
    lambda found: [Delivery(OLDER, 0, ()), *found]  # whose first delivery comes first is older
)


def modelled(history: list[Delivery]) -> tuple[list[dict[str, int]], dict[tuple[str, int], str]]:
    model = Model(newer=(OLDER, NEWER), remembers=64)
    following: Counter[str] = Counter()
    counts = []
    for at, one in enumerate(history):
        following[one.system] += 1
        items = tuple(
            Item(str(line.key), _OPERATIONS[line.operation], line.content, line.rejected)
            for line in one.lines
        )
        sent = Sent(UNIT, one.system, following[one.system], str(at), one.extracted_at, at, items)
        counts.append({o: n for o, n in model.take(sent).counts.items() if n})
    kept = [(system, int(local_id)) for _, system, local_id in model.kept]
    return counts, {name: model.status(UNIT, name[0], str(name[1])) for name in kept}


def in_arrays(history: list[Delivery], system: str) -> tuple[Received, np.ndarray, np.ndarray]:
    """One system's events, answered; their natural keys, and the deliveries they came in."""
    numbers: dict[object, int] = {}
    turns = [n for n, one in enumerate(history) if one.system == system]
    found = [
        (n, line)
        for n in turns
        for line in sorted(history[n].lines, key=lambda line: line.operation != DELETE)
    ]
    turn = np.array([n for n, _ in found], dtype=np.int64)
    key = np.array([line.key for _, line in found], dtype=np.int64)
    events = Events(key, key, np.array([li.operation for _, li in found], dtype=np.int64), turn)
    content = [numbers.setdefault(line.content, len(numbers)) for _, line in found]
    naturals = [hash_of(line.content) if line.operation == UPSERT else NOTHING for _, line in found]
    received = receive(
        events,
        np.array(content, dtype=np.int64),
        np.array([history[n].extracted_at for n, _ in found], dtype=np.int64),
        turn,
        rejected=np.array([line.rejected for _, line in found], dtype=np.bool_),
        keys=KEYS,
    )
    return received, np.array(naturals, dtype=np.int64), turn


def hash_of(content: Content) -> int:
    if content.person is None or content.minute is None:
        return NOTHING
    return content.minute * 2 + (content.person == "one")


@pytest.mark.long
@settings(max_examples=examples(400), deadline=None)
@given(histories)
def test_two_systems_of_a_unit_are_answered_as_the_model_answers(history: list[Delivery]) -> None:
    older, naturals, sent = in_arrays(history, OLDER)
    newer, newer_naturals, newer_sent = in_arrays(history, NEWER)
    older = supersede_older(older, naturals, sent, newer, newer_naturals)
    counts, statuses = modelled(history)
    for at, told in enumerate(counts):
        mine = [*older.outcome[sent == at], *newer.outcome[newer_sent == at]]
        assert Counter(OUTCOMES[n].value for n in mine) == told, at
    held = {
        (system, int(key)): _STATUS[int(status)]
        for system, received in ((OLDER, older), (NEWER, newer))
        for key, status in zip(received.versions.key, received.versions.status, strict=True)
    }
    assert held == statuses
