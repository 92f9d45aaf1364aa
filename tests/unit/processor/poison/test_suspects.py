"""Attempt notes, and what they mean to the next owner of a lane."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.topics import SOURCE_TOPICS
from kpr_stream.processor.poison.attempts import (
    PROCESS_BYTES,
    AttemptNote,
    attempt_note,
    pack,
    unpack,
)
from kpr_stream.processor.poison.suspects import MOST_AT_ONCE, SuspectRecords

FIRST, SECOND, THIRD, FOURTH = (bytes([n]) * PROCESS_BYTES for n in (1, 2, 3, 4))


def record(offset: int, topic: int = 0) -> SourceRecord:
    return SourceRecord(
        topic_index=topic, partition=0, offset=offset, received_at=0, key=None, value=None
    )


class Kept:
    """A note in memory."""

    def __init__(self) -> None:
        self.note = AttemptNote()

    def read(self) -> AttemptNote:
        return self.note

    def write(self, note: AttemptNote) -> None:
        self.note = note


def die_of(notes: Kept, process: bytes, *records: SourceRecord) -> None:
    SuspectRecords(notes, process).note(records)


def test_after_two_deaths_and_not_before_records_are_suspects() -> None:
    notes, batch = Kept(), [record(7), record(8), record(3, topic=2)]
    for process in (FIRST, SECOND):
        assert SuspectRecords(notes, process).cut(batch) == (batch, False)
        die_of(notes, process, *batch)
    assert SuspectRecords(notes, THIRD).cut(batch) == (batch[:1], True)


def test_the_first_suspect_travels_alone() -> None:
    notes = Kept()
    for process in (FIRST, SECOND):
        die_of(notes, process, record(7), record(8))
    suspects = SuspectRecords(notes, THIRD)
    batch = [record(6), record(7), record(8), record(9), record(3, topic=2)]
    assert suspects.cut(batch) == (batch[:1], False)
    assert suspects.cut(batch[1:]) == (batch[1:2], True)
    assert suspects.cut(batch[2:]) == (batch[2:3], True)
    assert suspects.cut(batch[3:]) == (batch[3:], False)


def test_suspects_travel_together_while_the_sandbox_survives() -> None:
    notes, batch = Kept(), [record(n) for n in range(200)]
    for process in (FIRST, SECOND):
        die_of(notes, process, *batch)
    suspects, sizes, at = SuspectRecords(notes, THIRD), [], 0
    while at < 100:
        taken, _ = suspects.cut(batch[at:])
        suspects.note(taken)
        suspects.processed(len(taken), survived=True)
        sizes.append(len(taken))
        at += len(taken)
    assert sizes == [1, 2, 4, 8, 16, 32, MOST_AT_ONCE]
    suspects.processed(5, survived=True)
    assert len(suspects.cut(batch)[0]) == 10
    suspects.processed(10, survived=False)
    assert len(suspects.cut(batch)[0]) == 1
    assert suspects.cut([*batch[-2:], record(500)])[0] == batch[-2:-1]
    suspects.processed(1, survived=True)
    suspects.processed(2, survived=True)
    assert suspects.cut([*batch[-2:], record(500)])[0] == batch[-2:]


def test_a_death_while_one_suspect_is_processed_does_not_clear_the_others() -> None:
    notes, batch = Kept(), [record(7), record(8), record(9)]
    for process in (FIRST, SECOND):
        die_of(notes, process, *batch)
    suspects = SuspectRecords(notes, THIRD)
    suspects.note(suspects.cut(batch)[0])
    assert SuspectRecords(notes, FOURTH).cut(batch[1:]) == (batch[1:2], True)


def test_other_records_start_a_count_of_their_own() -> None:
    notes = Kept()
    die_of(notes, FIRST, record(7))
    die_of(notes, SECOND, record(8))
    assert SuspectRecords(notes, THIRD).cut([record(8)]) == ([record(8)], False)


def test_a_death_is_remembered_until_its_records_were_processed_elsewhere() -> None:
    """The second owner commits three records and loses the lane before the deadly one."""
    notes, batch = Kept(), [record(n) for n in range(10)]
    die_of(notes, FIRST, *batch)
    owner = SuspectRecords(notes, SECOND)
    owner.note(batch[:3])
    owner.note([record(1, topic=2)])
    die_of(notes, THIRD, *batch[3:])
    assert SuspectRecords(notes, FOURTH).cut(batch[3:]) == (batch[3:4], True)


def test_suspects_that_wait_behind_other_records_stay_suspects() -> None:
    notes, batch = Kept(), [record(n) for n in range(3, 10)]
    for process in (FIRST, SECOND):
        die_of(notes, process, *batch)
    SuspectRecords(notes, THIRD).note([record(n) for n in range(3)])
    assert SuspectRecords(notes, FOURTH).cut(batch) == (batch[:1], True)


def test_records_that_were_processed_leave_the_note() -> None:
    notes = Kept()
    die_of(notes, FIRST, record(7), record(8))
    owner = SuspectRecords(notes, SECOND)
    owner.note([record(7)])
    assert notes.note.spans == {0: (7, 8)}
    owner.note([record(8)])
    owner.note([record(9, topic=1)])
    assert (notes.note.attempt, notes.note.spans) == (1, {1: (9, 9)})


def test_a_lane_that_comes_back_to_the_same_process_saw_no_death() -> None:
    notes = Kept()
    for _ in range(5):
        die_of(notes, FIRST, record(7))
    assert SuspectRecords(notes, FIRST).cut([record(7)])[1] is False
    assert notes.note.attempt == 1


def test_a_batch_decided_again_after_an_abort_is_the_same_attempt() -> None:
    notes = Kept()
    die_of(notes, FIRST, record(7))
    suspicion = SuspectRecords(notes, SECOND)
    for _ in range(5):
        suspicion.note([record(7)])
    assert notes.note.attempt == 2


@given(
    st.binary(min_size=PROCESS_BYTES, max_size=PROCESS_BYTES),
    st.integers(0, 2**32 - 1),
    st.lists(st.tuples(st.integers(0, len(SOURCE_TOPICS) - 1), st.integers(0, 2**62))),
)
def test_a_note_is_read_back_as_it_was_written(
    process: bytes, attempt: int, places: list[tuple[int, int]]
) -> None:
    note = attempt_note(process, attempt, [record(offset, topic) for topic, offset in places])
    assert unpack(pack(note)) == note
    assert all(note.holds(record(offset, topic)) for topic, offset in places)
    assert not any(note.holds(record(2**62 + 1, topic)) for topic, _ in places)


@given(st.binary(max_size=200))
def test_any_other_bytes_are_no_note(data: bytes) -> None:
    assert unpack(data) == AttemptNote()
