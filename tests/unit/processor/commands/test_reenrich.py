"""Stored consultations enriched again: from themselves alone, once, and only what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpr_stream.model import topics
from kpr_stream.model.command import CommandKind
from kpr_stream.model.person_id import IdKind
from kpr_stream.operate.resume import Remaining, remaining_by_lane
from kpr_stream.processor.commands import log_slice as command_slices
from kpr_stream.processor.commands.rejudge import Rejudge
from kpr_stream.processor.frame.reenrich import enrich_again
from kpr_stream.reference import load_reference
from kpr_stream.rights.table import PersonRights, Reservation, Rights
from tests.support.commands import command_record
from tests.support.deliveries import NOW_MS, consultation, source_record
from tests.support.examples import examples
from tests.support.receiver import Receiver, keys

VERSION = load_reference().version
LATER = NOW_MS + 86_400_000


class Newer(Receiver):
    """A receiver whose reference data say that every step is another."""

    step: str | None = None

    def rejudge(self) -> Rejudge:
        return replace(super().rejudge(), enrich_again=self._again)

    def _again(self, records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        made = enrich_again(records, load_reference())
        return made if self.step is None else [r | {"programme_step": self.step} for r in made]


def receiver(*items: dict[str, Any]) -> Newer:
    made = Newer()
    made.take(source_record(items, sequence=1))
    return made


def order(to: Receiver, n: int = 0, **more: str) -> dict[str, Any]:
    fields = {"org_nr": None, "arguments": {"reference": VERSION, "run": "a", **more}}
    result = to.order(command_record(CommandKind.REENRICH, n, at=LATER, fields=fields))
    assert result
    return result


def records(to: Receiver) -> list[dict[str, Any]]:
    return to.read(topics.CONSULTATION, "consultation")


ITEMS = st.builds(
    lambda number, days, code, step: consultation(
        number,
        birth_date=consultation(number)["birth_date"] - timedelta(days=days),
        fnr=None,
        municipality_code=code,
        programme_step=step,
    ),
    st.integers(0, 30),
    st.integers(0, 4000),
    st.sampled_from([None, "0301", "301", "5001", "9999", "x"]),
    st.sampled_from([None, "6U", "2AR", "unknown"]),
)


@settings(max_examples=examples(30), deadline=None)
@given(st.lists(ITEMS, max_size=6, unique_by=lambda item: item["consultation_id"]))
def test_by_the_same_reference_data_nothing_changes(items: list[dict[str, Any]]) -> None:
    """What is made anew from a record alone is what was made when it came."""
    to = receiver(*items)
    before = records(to)
    assert order(to)["counts"]["changed"] == 0
    assert enrich_again(before, load_reference()) == before


def test_what_differs_is_written_once_as_a_revision_of_the_same_statement() -> None:
    to = receiver(consultation(1), consultation(2, operation="delete"))
    to.step = "2AR"
    assert order(to)["counts"]["changed"] == 1
    assert order(to, 1)["counts"]["changed"] == 0
    (key,) = {o.key for o in to.log[topics.CONSULTATION] if o.header.revision}
    first, last = (o for o in to.log[topics.CONSULTATION] if o.key == key)
    assert (first.header.revision, last.header.revision) == (0, 1)
    assert last.header.content_hash == first.header.content_hash
    changed = records(to)[-1]
    assert changed["programme_step"] == "2AR"


def test_a_correction_that_came_meanwhile_is_not_overwritten() -> None:
    to = receiver(consultation(1))
    to.take(source_record([consultation(1, duration_minutes=5)], sequence=2, offset=1))
    to.step = "2AR"
    counts = order(to)["counts"]
    assert (counts["records"], counts["standing"], counts["changed"]) == (2, 1, 1)
    assert records(to)[-1]["duration_minutes"] == 5


def test_what_was_reserved_meanwhile_is_not_written_again() -> None:
    to = receiver(consultation(1))
    person = keys().pseudonyms.person_key(IdKind.FNR, consultation(1)["fnr"])
    table = Rights(5, {person: PersonRights((Reservation("weight", date(2017, 1, 1), None),))})
    to.emitter = replace(to.emitter, rights=table)
    order(to)
    assert (records(to)[-1]["weight_g"], records(to)[-1]["length_mm"]) == (None, 560)


def test_a_worker_with_other_reference_data_refuses() -> None:
    result = order(receiver(consultation(1)), reference="another")
    assert (result["status"], result["code"]) == ("refused", "OTHER_REFERENCE")


def test_it_goes_slice_by_slice_and_on_where_it_was_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(command_slices, "RECORDS_A_SLICE", 3)
    to = receiver(*(consultation(n) for n in range(8)))
    to.step = "2AR"
    lane = command_record(CommandKind.REENRICH).partition
    for n in range(9):
        answered = to.read(topics.COMMAND_RESULT, "command_result")
        rest = remaining_by_lane(answered, "a").get(lane)
        if rest is None:
            break
        until = {} if rest.until is None else {"until": str(rest.until)}
        order(to, n, first=str(rest.first), **until)
    assert n == 3
    assert len(to.log[topics.CONSULTATION]) == 16
    assert remaining_by_lane(answered, "another")[lane] == Remaining(0, None)
    live = {k: v for k, v in to.ledger.entries.items() if k[:1] not in b"ow"}
    assert to.rebuilt() == live
