"""Accept a topic that was made again: let every lane resume with it. An operator's decision.

Each lane is fenced and one transaction commits its positions with the new id, exactly as a worker
would. A worker that serves the lane ends, and resumes after its restart. Calling it again is
harmless.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from aiokafka import TopicPartition

from kpr_stream.errors import UsageError
from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.kafka.partition_reader import LogRange
from kpr_stream.model.topics import PARTITIONS, SOURCE_TOPICS, WORKER_TOPICS
from kpr_stream.processor.adapters.output_reader import OutputReader
from kpr_stream.processor.adapters.producer import LaneProducer
from kpr_stream.processor.lanes.recovery import close_all
from kpr_stream.processor.state.topic_notes import Committed, Ids, accepted, known_ids

LANES = range(PARTITIONS)


@dataclass(frozen=True, slots=True)
class TopicState:
    """A topic, and whether the lanes' positions belong to it."""

    topic: str
    id: str
    known: tuple[str, ...]
    """The ids that lanes have positions of; none before a worker has served them."""
    behind_position: tuple[int, ...]
    """The lanes whose position lies above the end of the topic."""

    @property
    def made_again(self) -> bool:
        """Return whether a lane has a position in an earlier topic of this name."""
        return any(one != self.id for one in self.known)

    @property
    def changed(self) -> bool:
        """Return whether a lane cannot resume with this topic."""
        return self.made_again or bool(self.behind_position)


async def topic_states(access: KafkaAccess, group: str) -> list[TopicState]:
    """Return every topic as the lanes' positions know it; nothing is changed.

    TopicChangedError if a topic has other partitions, BrokerError if one is missing.
    """
    async with OutputReader(access, group) as reader:
        committed, ranges = await reader.positions(LANES)
    return _states(committed, ranges, reader.ids)


async def changed_topic(access: KafkaAccess, group: str, topic: str) -> TopicState:
    """Return the state of a topic that may be accepted; nothing is changed.

    UsageError if there is no such topic or nothing to accept.
    """
    _require_name(topic)
    async with OutputReader(access, group) as reader:
        return await _changed(reader, topic)


async def accept_topic(access: KafkaAccess, group: str, topic: str) -> TopicState:
    """Let every lane resume with a topic as it is now; a source topic from its beginning.

    Returns its state before. UsageError if there is no such topic or nothing to accept.
    """
    _require_name(topic)
    producers = {
        lane: LaneProducer(access, transactional_id=f"{group}-{lane}", lane=lane) for lane in LANES
    }
    try:
        async with OutputReader(access, group) as reader:
            # Before anything is fenced: a mistyped name must not end the workers.
            before = await _changed(reader, topic)
            await asyncio.gather(*(one.fence() for one in producers.values()))
            committed, ranges = await reader.positions(LANES)
            for lane, producer in producers.items():
                begin = ranges[TopicPartition(topic, lane)].begin if topic in SOURCE_TOPICS else 0
                wanted = accepted(topic, _of(lane, committed), reader.ids, begin)
                producer.notes = {name: at.note for name, at in wanted.items()}
                if wanted:
                    offsets = {TopicPartition(name, lane): at.offset for name, at in wanted.items()}
                    await producer.commit_offsets(offsets, group)
    finally:
        await close_all(producers.values())
    return before


def _require_name(topic: str) -> None:
    if topic not in WORKER_TOPICS:
        raise UsageError(
            "That is not the name of a topic of KPR.",
            what_to_do="See `kpr-stream topics check` for the names.",
        )


async def _changed(reader: OutputReader, topic: str) -> TopicState:
    committed, ranges = await reader.positions(LANES)
    found = next(s for s in _states(committed, ranges, reader.ids) if s.topic == topic)
    if not found.changed:
        raise UsageError(
            f"Nothing is to be accepted: the lanes' positions belong to {topic} as it is.",
            what_to_do="See `kpr-stream topics check` for the topics that were made again.",
        )
    return found


def _states(
    committed: Mapping[TopicPartition, Committed],
    ranges: Mapping[TopicPartition, LogRange],
    ids: Ids,
) -> list[TopicState]:
    known = [known_ids(_of(lane, committed)) for lane in LANES]
    return [
        TopicState(
            topic,
            ids[topic],
            tuple(sorted({one[topic] for one in known if topic in one})),
            tuple(
                p.partition
                for p, at in committed.items()
                if p.topic == topic and at.offset > ranges[p].end
            ),
        )
        for topic in WORKER_TOPICS
    ]


def _of(lane: int, committed: Mapping[TopicPartition, Committed]) -> dict[str, Committed]:
    return {p.topic: at for p, at in committed.items() if p.partition == lane}
