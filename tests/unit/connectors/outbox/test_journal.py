"""Times and open errors beside the deliveries of an outbox."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpr_stream.connectors.delivery.contents import SentItems
from kpr_stream.connectors.outbox.apply_receipts import apply_receipts
from kpr_stream.connectors.outbox.outbox import Outbox
from kpr_stream.connectors.outbox.protocol import UnitStatus
from kpr_stream.connectors.outbox.records import NewDelivery
from kpr_stream.connectors.report.errors import open_errors
from kpr_stream.connectors.report.read import read_outbox
from kpr_stream.connectors.report.units import unit_states
from kpr_stream.errors import UsageError
from kpr_stream.model.words import System
from tests.support import stored
from tests.support.examples import examples
from tests.unit.connectors.outboxes import (
    UNIT,
    WINDOW,
    answer_to,
    opened,
    path_in,
    receipt,
    take,
    with_open_unit,
)

TEXT = {
    "rule": "WEIGHT_IMPOSSIBLE",
    "severity": "set_aside",
    "items": 1,
    **dict.fromkeys(("text_no", "text_en", "action_no", "action_en"), "words"),
}


@pytest.fixture
def outbox(tmp_path: Path) -> Any:
    found = opened(tmp_path)
    with_open_unit(found)
    yield found
    found.close()


def kept(outbox: Outbox, sequence: int, *ids: str) -> None:
    """Keep and send a delivery of items, and leave it to be answered."""
    contents = SentItems(
        tuple((f"{sequence}.json", f"/0/konsultasjon/{at}") for at in range(len(ids))),
        tuple(one.encode().ljust(8) for one in ids),
    )
    new = NewDelivery(f"d-{sequence}", UNIT, sequence, len(ids), b"x", contents.to_bytes())
    outbox.keep(f"{sequence}.json", "digest", [new])


def found_in(index: int, outcome: str = "accepted", *rules: str) -> dict[str, Any]:
    findings = [{"rule": rule, "pointer": "/weight_g"} for rule in rules]
    return {"index": index, "local_id": None, "outcome": outcome, "findings": findings}


def answer(outbox: Outbox, *items: dict[str, Any], **more: Any) -> None:
    """Send what waits and answer the first of it with these items."""
    (sent, *_) = take(outbox)
    more = {"texts": [TEXT], **more}
    apply_receipts(outbox, [answer_to(sent, items=list(items), **more)], {})


def listed(outbox: Outbox, *, warnings: bool = True) -> list[tuple[str, str, str]]:
    with read_outbox(outbox.path) as sql:
        return [(e.file, e.place, e.rule) for e in open_errors(sql, warnings=warnings)]


WRONG = "WEIGHT_IMPOSSIBLE"


def test_an_error_is_listed_until_its_item_is_taken_without_it(outbox: Outbox) -> None:
    kept(outbox, 1, "a", "b")
    answer(outbox, found_in(1, "accepted", WRONG))
    assert listed(outbox) == [("1.json", "/0/konsultasjon/1", WRONG)]
    kept(outbox, 2, "a")
    answer(outbox)
    assert len(listed(outbox)) == 1
    kept(outbox, 3, "b")
    answer(outbox, found_in(0, "corrected"))
    assert listed(outbox) == []


def test_a_correction_that_was_kept_before_the_first_answer_counts(outbox: Outbox) -> None:
    kept(outbox, 1, "a")
    kept(outbox, 2, "a")
    first, second = take(outbox)
    told = [answer_to(first, items=[found_in(0, "rejected", WRONG)], texts=[TEXT])]
    apply_receipts(outbox, [*told, answer_to(second)], {})
    assert listed(outbox) == []


@pytest.mark.parametrize("outcome", ["duplicate", "stale"])
def test_what_the_receiver_did_not_take_closes_no_error(outbox: Outbox, outcome: str) -> None:
    kept(outbox, 1, "a")
    answer(outbox, found_in(0, "accepted", WRONG))
    kept(outbox, 2, "a")
    answer(outbox, found_in(0, outcome))
    assert listed(outbox) == [("1.json", "/0/konsultasjon/0", WRONG)]


def test_a_repeat_names_no_items_and_closes_no_error(outbox: Outbox) -> None:
    kept(outbox, 1, "a")
    answer(outbox, found_in(0, "accepted", WRONG))
    kept(outbox, 2, "a")
    answer(outbox, status="repeated")
    assert len(listed(outbox)) == 1


def test_an_item_of_which_the_first_part_speaks_is_kept_by_the_last(outbox: Outbox) -> None:
    kept(outbox, 1, "a", "b")
    answer(outbox, found_in(0, "accepted", WRONG), found_in(1, "accepted", WRONG))
    kept(outbox, 2, "a", "b")
    (sent,) = take(outbox)
    parts = [
        answer_to(sent, items=[found_in(0, "stale")], part=1, parts=2),
        answer_to(sent, items=[], part=2, parts=2),
    ]
    for one in parts:
        apply_receipts(outbox, [one], {})
    assert listed(outbox) == [("1.json", "/0/konsultasjon/0", WRONG)]


def test_an_item_that_is_judged_again_and_taken_leaves_the_list(outbox: Outbox) -> None:
    kept(outbox, 1, "a", "b")
    answer(outbox, found_in(0, "rejected", WRONG), found_in(1, "rejected", WRONG))
    replayed = receipt(
        "d-1", sequence=1, status="replayed", attempt=0, items=[found_in(0, "accepted")]
    )
    apply_receipts(outbox, [replayed], {})
    assert listed(outbox) == [("1.json", "/0/konsultasjon/1", WRONG)]


def test_warnings_are_listed_only_where_they_are_wanted(outbox: Outbox) -> None:
    kept(outbox, 1, "a")
    answer(outbox, found_in(0, "accepted", WRONG), texts=[{**TEXT, "severity": "warn"}])
    assert listed(outbox, warnings=False) == []
    assert len(listed(outbox)) == 1


VERSIONS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["right", "wrong", "stale"])), max_size=25
)


@settings(max_examples=examples(30), deadline=None)
@given(VERSIONS)
def test_the_list_is_what_is_wrong_in_the_last_version_that_was_taken(
    versions: list[tuple[str, str]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        outbox = opened(Path(folder))
        with_open_unit(outbox)
        wrong: dict[str, str] = {}
        for sequence, (one, how) in enumerate(versions, start=1):
            kept(outbox, sequence, one)
            if how == "wrong":
                answer(outbox, found_in(0, "corrected", WRONG))
                wrong[one] = f"{sequence}.json"
            elif how == "right":
                answer(outbox)
                wrong.pop(one, None)
            else:
                answer(outbox, found_in(0, "stale"))
        assert sorted(file for file, _, _ in listed(outbox)) == sorted(wrong.values())
        outbox.close()


def test_a_unit_shows_what_was_sent_answered_and_held(outbox: Outbox) -> None:
    def state() -> Any:
        with read_outbox(outbox.path) as sql:
            (found,) = unit_states(sql)
        return found

    new = state()
    assert (new.sent_at, new.answered_at, new.oldest_unsent_at, new.held_since) == (None,) * 4
    kept(outbox, 1, "a")
    kept(outbox, 2, "b")
    assert state().oldest_unsent_at is not None
    (first, _) = take(outbox)
    assert state().sent_at >= state().oldest_unanswered_at
    assert state().oldest_unsent_at is None
    apply_receipts(outbox, [answer_to(first)], {})
    assert state().answered_at >= state().sent_at
    assert state().unanswered == 1
    with outbox.changing():
        outbox.hold_unit(UNIT, UnitStatus.BLOCKED, "CLOCK_AHEAD")
    since = state().held_since
    with outbox.changing():
        outbox.hold_unit(UNIT, UnitStatus.STOPPED, "TOO_OLD")
    assert (state().held_since, state().reason) == (since, "TOO_OLD")
    outbox.release(UNIT)
    assert state().held_since is None


def test_nothing_can_be_changed_by_a_reader(outbox: Outbox) -> None:
    with (
        read_outbox(outbox.path) as sql,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        sql.execute("DELETE FROM unit")


def test_a_missing_outbox_and_an_earlier_one_are_refused_with_a_reason(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no outbox"), read_outbox(tmp_path / "none"):
        pass
    old = sqlite3.connect(path_in(tmp_path))
    old.execute("CREATE TABLE meta (name, value)")
    old.close()
    with pytest.raises(UsageError, match="earlier release"), read_outbox(path_in(tmp_path)):
        pass


def test_an_outbox_of_an_earlier_release_has_a_status_from_its_first_opening(
    tmp_path: Path,
) -> None:
    """Times that the earlier release did not note are missing, and later ones are noted."""
    path = Path(shutil.copy(stored.OUTBOX, tmp_path))
    outbox = Outbox(path, system=System.VISMA_HSPRO)
    try:
        with read_outbox(path) as sql:
            before = {unit.org_nr: unit for unit in unit_states(sql)}
        assert before[stored.OPEN].unanswered == 5
        assert before[stored.BLOCKED].reason == "COUNT_MISMATCH"
        assert before[stored.OPEN].sent_at is None
        outbox.take_ready(window=WINDOW, max_bytes=10**6)
        with read_outbox(path) as sql:
            after = {unit.org_nr: unit for unit in unit_states(sql)}
        assert after[stored.OPEN].sent_at is not None
    finally:
        outbox.close()
