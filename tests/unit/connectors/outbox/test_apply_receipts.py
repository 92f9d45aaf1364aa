from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kpr_stream.connectors.outbox.apply_receipts import apply_receipts
from kpr_stream.connectors.outbox.outbox import Outbox
from kpr_stream.connectors.summary import summary
from kpr_stream.model.words import System
from tests.unit.connectors.outboxes import UNIT, answer_to, keep, opened, take, with_open_unit


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    found = opened(tmp_path)
    with_open_unit(found)
    keep(found, "f", range(1, 4))
    yield found
    found.close()


def told(outbox: Outbox) -> dict[str, Any]:
    return summary(outbox, System.VISMA_HSPRO, seconds=1.0)


def test_an_answer_settles_and_is_counted_once(outbox: Outbox) -> None:
    first, *_ = take(outbox)
    assert apply_receipts(outbox, [answer_to(first)], {0: 7}) == 1
    assert apply_receipts(outbox, [answer_to(first), answer_to(first, "repeated")], {0: 9}) == 0
    found = told(outbox)
    assert (found["deliveries"], found["items_sent"]) == (1, 2)
    assert found["outcomes"]["accepted"] == 2
    assert found["units"][UNIT]["unanswered"] == 2
    assert outbox.positions() == {0: 9}
    assert outbox._sql.execute("SELECT count(record) FROM delivery").fetchone() == (2,)


def test_what_an_earlier_run_settled_is_in_the_total_only(outbox: Outbox, tmp_path: Path) -> None:
    apply_receipts(outbox, [answer_to(one) for one in take(outbox)], {})
    outbox.close()
    later = opened(tmp_path)
    found = told(later)
    later.close()
    assert (found["deliveries"], found["total"]["deliveries"]) == (0, 3)
    assert found["units"][UNIT]["items"] == 6


def test_a_long_receipt_settles_with_its_last_part(outbox: Outbox) -> None:
    first, *_ = take(outbox)
    findings = [{"rule": "WEIGHT_IMPOSSIBLE", "pointer": "/maalinger/vekt"}]
    item = {"index": 0, "local_id": "k", "outcome": "accepted", "findings": findings}
    part = answer_to(first, parts=2, items=[item])
    apply_receipts(outbox, [part, part], {})
    assert told(outbox)["deliveries"] == 0
    apply_receipts(outbox, [answer_to(first, part=2, parts=2)], {})
    found = told(outbox)
    assert found["deliveries"] == 1
    assert found["findings"] == {"WEIGHT_IMPOSSIBLE": 1}


def test_a_gap_sends_again_from_there_once(outbox: Outbox) -> None:
    first, second, third = take(outbox)
    apply_receipts(outbox, [answer_to(second, "out_of_order", expected=1)], {})
    again = take(outbox)
    # The first was sent and has no answer yet: it is part of what goes again.
    assert [(one.sequence, one.attempt) for one in again] == [(1, 2), (2, 2), (3, 2)]
    assert apply_receipts(outbox, [answer_to(third, "out_of_order", expected=1)], {}) == 0
    assert take(outbox) == []
    assert apply_receipts(outbox, [answer_to(first)], {}) == 1


def test_a_refused_delivery_holds_its_unit_alone(outbox: Outbox) -> None:
    with_open_unit(outbox, "800000017")
    keep(outbox, "g", range(1, 2), "800000017")
    sent = take(outbox)
    mine = [one for one in sent if one.org_nr == UNIT]
    apply_receipts(outbox, [answer_to(mine[0], "refused", reason="CLOCK_AHEAD")], {})
    apply_receipts(outbox, [answer_to(mine[1], "out_of_order", expected=1)], {})
    assert take(outbox) == []
    found = told(outbox)
    (held,) = found["refused"]
    assert (held["org_nr"], held["sequence"], held["reason"]) == (UNIT, 1, "CLOCK_AHEAD")
    assert found["units"]["800000017"]["status"] == "open"
    assert outbox.unanswered()[0] == 1


def test_an_answer_of_a_newer_receiver_stops_the_unit(outbox: Outbox) -> None:
    first, *_ = take(outbox)
    apply_receipts(outbox, [answer_to(first, "postponed")], {})
    assert told(outbox)["refused"][0]["reason"] == "UNKNOWN_STATUS"


def test_receipts_of_units_that_are_not_ours_change_nothing(outbox: Outbox) -> None:
    first, *_ = take(outbox)
    assert apply_receipts(outbox, [answer_to(first) | {"org_nr": "800000025"}], {3: 4}) == 0
    assert outbox.positions() == {3: 4}
