"""The outbox takes no deliveries beyond its limit, and what is sent is bounded."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpr_stream.connectors.outbox.apply_receipts import apply_receipts
from kpr_stream.connectors.outbox.outbox import Outbox
from kpr_stream.connectors.outbox.records import NewDelivery, ReadyDelivery
from kpr_stream.connectors.outbox.room import used_bytes
from kpr_stream.errors import DiskError
from tests.unit.connectors.outboxes import (
    SYSTEM,
    UNIT,
    WINDOW,
    answer_to,
    keep,
    opened,
    path_in,
    with_open_unit,
)

LIMIT = 600_000


def bounded(outbox: Outbox, most: int) -> list[ReadyDelivery]:
    return outbox.take_ready(window=WINDOW, max_bytes=10**6, most_in_flight=most)


def large(sequence: int) -> NewDelivery:
    return NewDelivery(f"{UNIT}-{sequence}", UNIT, sequence, 2, b"x" * 100_000)


def test_a_full_outbox_takes_receipts_and_then_deliveries_again(tmp_path: Path) -> None:
    outbox = Outbox(path_in(tmp_path), system=SYSTEM, max_bytes=LIMIT)
    with_open_unit(outbox)
    taken = 0
    while used_bytes(outbox._sql) + 100_000 <= LIMIT:
        taken += 1
        outbox.keep(f"{taken}", "digest", [large(taken)])
    with pytest.raises(DiskError, match="KPR_OUTBOX_MAX_BYTES") as full:
        outbox.keep(f"{taken + 1}", "digest", [large(taken + 1)])
    assert 2 <= taken <= 5
    assert full.value.exit_code == 74
    # Nothing of the file that had no room was stored.
    assert outbox.units_to_read(f"{taken + 1}", "digest") is None
    view = outbox.unit(UNIT)
    assert view is not None
    assert view.next_sequence == taken + 1
    apply_receipts(outbox, [answer_to(one) for one in bounded(outbox, LIMIT)], {})
    outbox.keep("again", "digest", [large(taken + 1)])
    outbox.close()


def test_what_is_sent_and_unanswered_is_bounded_in_all(tmp_path: Path) -> None:
    outbox = opened(tmp_path)
    for org_nr in (UNIT, "800000017", "800000025"):
        with_open_unit(outbox, org_nr)
        keep(outbox, org_nr, range(1, 4), org_nr)
    first = bounded(outbox, 250)
    assert len(first) == 2
    assert bounded(outbox, 250) == []
    apply_receipts(outbox, [answer_to(first[0])], {})
    assert len(bounded(outbox, 250)) == 1
    outbox.close()


def test_a_record_larger_than_the_bound_is_sent_alone(tmp_path: Path) -> None:
    outbox = opened(tmp_path)
    with_open_unit(outbox)
    keep(outbox, "f", range(1, 3))
    (one,) = bounded(outbox, 10)
    assert bounded(outbox, 10) == []
    apply_receipts(outbox, [answer_to(one)], {})
    assert len(bounded(outbox, 10)) == 1
    outbox.close()
