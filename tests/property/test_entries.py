"""Ledger entries do not depend on the order in which output topics are read back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.model import topics
from kpr_stream.model.header import HeaderStatus, LedgerHeader
from kpr_stream.processor.state.entries import (
    Entries,
    SourceProgress,
    entries_of,
    read_entry,
    read_offset,
    read_watermark,
    source_key,
    watermark,
)

WRITTEN = (topics.CONSULTATION, topics.APPOINTMENT, topics.IDENTITY, topics.UNIT)

records = st.lists(
    st.tuples(
        st.sampled_from(WRITTEN),
        st.integers(0, 5),
        st.builds(
            LedgerHeader,
            source_topic=st.integers(0, 3),
            source_offset=st.integers(0, 50),
            status=st.sampled_from(HeaderStatus),
            extracted_at=st.integers(0, 2**40),
            sequence=st.integers(0, 2**40),
            content_hash=st.binary(min_size=16, max_size=16),
        ),
    ),
    max_size=30,
)


def entries_after(found: list[tuple[str, int, LedgerHeader]]) -> Entries:
    puts: Entries = {}
    progress = SourceProgress(puts.get)
    for topic, number, header in found:
        key = number.to_bytes(16, "big").hex().encode()
        value = b"state" if topic == topics.UNIT else b"v"
        puts.update(entries_of(topic, key, value, header, known=lambda key: puts.get(key) or None))
        progress.note(header)
    return {**puts, **progress.entries()}


@given(records)
def test_topic_by_topic_is_the_same_as_in_the_order_of_writing(
    found: list[tuple[str, int, LedgerHeader]],
) -> None:
    by_topic = sorted(found, key=lambda record: WRITTEN.index(record[0]))
    assert entries_after(found) == entries_after(by_topic)


@given(records)
def test_source_progress_is_the_highest_offset_that_any_record_names(
    found: list[tuple[str, int, LedgerHeader]],
) -> None:
    puts = entries_after(found)
    for index in range(4):
        named = [h.source_offset + 1 for _, _, h in found if h.source_topic == index]
        assert read_offset(puts.get(source_key(index))) == max(named, default=0)


@given(records)
def test_an_entry_says_what_the_last_record_of_its_key_said(
    found: list[tuple[str, int, LedgerHeader]],
) -> None:
    last = {number: header for topic, number, header in found if topic == topics.CONSULTATION}
    puts = entries_after(found)
    for number, header in last.items():
        entry = puts[b"c" + number.to_bytes(16, "big")]
        if header.status is HeaderStatus.ERASED:
            assert entry == b""
        else:
            known = read_entry(entry)
            assert known.status is header.status
            assert known.version == (header.extracted_at, header.sequence)
            assert known.content_hash == header.content_hash


@given(st.integers(0, 2**62), st.integers(0, 2**62))
def test_a_watermark_reads_back(offset: int, at: int) -> None:
    assert read_watermark(watermark(offset, at)) == (offset, at)
    assert read_watermark(None) == (0, 0)
