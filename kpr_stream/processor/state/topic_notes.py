"""Tie a lane's positions to the ids of their topics. Pure.

A topic that is deleted and made again has another id, and its offsets begin at 0: an old position
would skip what lies below it. A committed offset has room for a note. The note of each source topic
names its own id and that of the command topic; the note of the command topic names the ids of all
topics that the lane reads or writes. Kafka forgets the offsets of a deleted topic, notes included,
so that a topic's id must be known from another topic's note too.

A note is JSON: ``{"kpr": 1, "ids": {topic: id}, "again": true}``. ``again`` says that a person has
accepted the topic as made again: offsets in ledgers are of the topic before it and do not count.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kpr_stream.errors import TopicChangedError
from kpr_stream.model.topics import COMMAND, SOURCE_TOPICS

NOTE_VERSION: Final = 1
WAY_ON: Final = (
    "Find out who did it. Then `kpr-stream topics accept TOPIC` lets the workers resume with the "
    "topic as it is (docs/operate/topics.md#a-topic-made-again)."
)

Ids = Mapping[str, str]
"""Topic ids by topic name."""


@dataclass(frozen=True, slots=True)
class Committed:
    """A committed offset of a source topic, and its note as it is stored."""

    offset: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Resume:
    """Where a lane resumes, with the notes that its commits carry."""

    offsets: list[int]
    """By source topic."""
    notes: Mapping[str, str]
    """By source topic."""
    unnoted: Mapping[str, int]
    """Positions that are to be committed now, because their notes are missing or old."""
    adopted: int = 0
    """How many committed positions had no note: an earlier release wrote them."""


@dataclass(frozen=True, slots=True)
class _Note:
    ids: Ids
    again: bool = False

    def text(self) -> str:
        made: dict[str, object] = {"kpr": NOTE_VERSION, "ids": dict(self.ids)}
        if self.again:
            made["again"] = True
        return json.dumps(made, sort_keys=True, separators=(",", ":"))


def resume(
    lane: int,
    committed: Mapping[str, Committed],
    in_ledger: Sequence[int],
    ends: Mapping[str, int],
    ids: Ids,
) -> Resume:
    """Return where a lane resumes: of committed offset and ledger's own offset the later one.

    ``ids`` are those of all topics now, ``ends`` where the source topics end. TopicChangedError
    names every topic that has another id, or ends before its position.
    """
    notes = {topic: _read(committed[topic].note) for topic in committed}
    changes = [
        f"{topic} was made again (its id was {known} and is {ids[topic]})"
        for topic, known in known_ids(committed).items()
        if topic in ids and known != ids[topic]
    ]
    offsets: list[int] = []
    for topic, own in zip(SOURCE_TOPICS, in_ledger, strict=True):
        note, found = notes.get(topic), committed.get(topic, Committed(0)).offset
        offset = found if note is not None and note.again else max(found, own)
        if offset > ends[topic] and not any(c.startswith(f"{topic} ") for c in changes):
            changes.append(f"{topic} ends at {ends[topic]}, before its position {offset}")
        offsets.append(offset)
    if changes:
        raise _changed(lane, changes)
    texts = {topic: _note_of(topic, ids, notes.get(topic)).text() for topic in SOURCE_TOPICS}
    return Resume(
        offsets,
        texts,
        {
            topic: offset
            for topic, offset in zip(SOURCE_TOPICS, offsets, strict=True)
            if topic not in committed or committed[topic].note != texts[topic]
        },
        sum(note is None for note in notes.values()),
    )


def known_ids(committed: Mapping[str, Committed]) -> dict[str, str]:
    """Return the ids that a lane's positions belong to, by topic; a topic's own note counts."""
    notes = {topic: _read(committed[topic].note) for topic in SOURCE_TOPICS if topic in committed}
    known: dict[str, str] = {}
    for note in notes.values():
        known |= {t: i for t, i in note.ids.items() if t == COMMAND} if note is not None else {}
    command = notes.get(COMMAND)
    known |= command.ids if command is not None else {}
    for topic, note in notes.items():
        if note is not None and topic in note.ids:
            known[topic] = note.ids[topic]
    return known


def accepted(
    topic: str, committed: Mapping[str, Committed], ids: Ids, begin: int
) -> dict[str, Committed]:
    """Return the positions to commit after a person has accepted a topic as made again.

    A source topic is read from its beginning. Other changed topics stay changed.
    """
    known = known_ids(committed) | {topic: ids[topic]}
    found: dict[str, Committed] = {}
    for source in SOURCE_TOPICS:
        at = committed.get(source)
        note = _read(at.note) if at is not None else None
        if source == topic:
            at, note = Committed(begin), _Note({}, again=True)
        if at is not None:
            own = _note_of(source, known, note)
            found[source] = Committed(at.offset, own.text())
    return found


def _note_of(topic: str, ids: Ids, before: _Note | None) -> _Note:
    named = ids if topic == COMMAND else {t: ids[t] for t in (topic, COMMAND) if t in ids}
    return _Note(named, before is not None and before.again)


def _read(text: str) -> _Note | None:
    """Return a note; None if there is none of ours: an operator may reset offsets without one."""
    try:
        found = json.loads(text)
        if found["kpr"] != NOTE_VERSION:
            return None
        ids = {str(topic): str(topic_id) for topic, topic_id in found["ids"].items()}
        return _Note(ids, bool(found.get("again", False)))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _changed(lane: int, changes: Sequence[str]) -> TopicChangedError:
    return TopicChangedError(
        f"Lane {lane} cannot resume: {'; '.join(changes)}.",
        what_to_do=WAY_ON,
    )
