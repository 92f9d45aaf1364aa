"""Which records become versions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.errors import WireFormatError
from kpr_stream.model.header import HEADER_NAME, HeaderStatus, LedgerHeader, status_and_revision
from kpr_stream.sinks.history import header_of, since_erased_persons, since_tombstones
from tests.support.sink_records import Incoming, headers

STEPS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), st.sampled_from("vtf")))
"""Partition, key, and what the record does: a value, a tombstone, or it forgets a person."""


def record(offset: int, step: tuple[int, int, str]) -> Incoming:
    partition, key, kind = step
    ledger = headers(status=HeaderStatus.LIVE)
    return Incoming(partition, offset, bytes([key]), None if kind == "t" else b"v", ledger)


@given(STEPS)
def test_a_version_is_what_no_later_record_has_erased(steps: list[tuple[int, int, str]]) -> None:
    records = [record(offset, step) for offset, step in enumerate(steps)]
    found = since_tombstones(records)
    statuses = ["deleted" if steps[r.offset][2] == "f" else "live" for r in found.versions]
    found = since_erased_persons(found, statuses, "topic")
    expected = [
        r.offset
        for r in records
        if r.value is not None
        and not any(
            (p, k) == steps[r.offset][:2] and kind in "tf" and later > r.offset
            for later, (p, k, kind) in enumerate(steps)
        )
    ]
    assert [r.offset for r in found.versions] == expected
    forgotten = {(r.partition, r.key) for r in found.forgotten}
    last = {steps[offset][:2]: steps[offset][2] for offset in range(len(steps))}
    assert forgotten == {(p, bytes([k])) for (p, k), kind in last.items() if kind == "t"}


def test_a_marker_of_a_deletion_erases_nothing() -> None:
    records = [record(0, (0, 0, "v")), record(1, (0, 0, "v"))]
    records[1] = replace(records[1], headers=headers(status=HeaderStatus.DELETED))
    found = since_erased_persons(since_tombstones(records), ["live", "deleted"], "topic")
    assert [r.offset for r in found.versions] == [0, 1]
    assert found.erasures == []


@pytest.mark.parametrize("revision", [0, 1, 2**32 - 1])
@pytest.mark.parametrize("status", list(HeaderStatus))
def test_the_two_fields_are_read_as_the_whole_header_has_them(
    status: HeaderStatus, revision: int
) -> None:
    header = LedgerHeader(
        source_topic=3, source_offset=2**40, status=status, system=4, revision=revision
    )
    assert status_and_revision(header.pack()) == (status, revision)


def test_a_header_that_cannot_be_read_names_the_record() -> None:
    one = replace(record(7, (2, 1, "v")), headers=((HEADER_NAME, b"short"),))
    with pytest.raises(WireFormatError, match="topic, partition 2, offset 7"):
        header_of(one, "topic")
