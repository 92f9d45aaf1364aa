"""Deliveries judged again by rules that have changed: the end is as if they had come today."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kpr_stream.model import topics
from kpr_stream.model.command import CommandKind
from kpr_stream.model.delivery import Decrypted, DeliveryRefused, Prepared, PreparedItem
from kpr_stream.model.person_id import IdKind
from kpr_stream.model.words import System
from kpr_stream.processor.commands.rejudge import Rejudge
from kpr_stream.processor.frame.prepare import FrameContext, prepare
from kpr_stream.reference import load_reference
from kpr_stream.rights.table import PersonRights, Reservation, Rights
from tests.support.commands import command_record
from tests.support.deliveries import NOW_MS, consultation, source_record
from tests.support.examples import examples
from tests.support.receiver import Receiver, keys

SYSTEM = System.VISMA_HSPRO
LATER = NOW_MS + 86_400_000


class Changed(Receiver):
    """A receiver whose rules are others when deliveries are judged again."""

    change: Callable[[PreparedItem], PreparedItem] = staticmethod(lambda item: item)

    def rejudge(self) -> Rejudge:
        return replace(super().rejudge(), prepare=self._changed)

    def _changed(self, opened: Sequence[Decrypted]) -> list[Prepared | DeliveryRefused]:
        found = prepare(opened, FrameContext(synthetic_ids=True, reference=load_reference()))
        ready = [one for one in found if isinstance(one, Prepared)]
        return [replace(one, items=tuple(map(self.change, one.items))) for one in ready]


def doubled(item: PreparedItem) -> PreparedItem:
    """As if a weight had been read wrongly until today."""
    cleaned = {**item.cleaned, "weight_g": 2 * (item.cleaned["weight_g"] or 0)}
    return replace(item, cleaned=cleaned)


def taken(item: PreparedItem) -> PreparedItem:
    """As if no item were rejected any more."""
    if not item.rejected:
        return item
    return replace(item, rejected=False, findings=(), cleaned={**item.cleaned, "weight_g": 1})


def receiver(*deliveries: list[dict[str, Any]]) -> Changed:
    made = Changed()
    for sequence, items in enumerate(deliveries, start=1):
        made.take(source_record(items, sequence=sequence, offset=sequence))
    return made


def again(to: Receiver, n: int = 0, **more: str) -> dict[str, int]:
    arguments = {"from_ms": "0", "until_ms": str(LATER), **more}
    record = command_record(
        CommandKind.REPLAY, n, at=LATER, fields={"org_nr": None, "arguments": arguments}
    )
    result = to.order(record)
    assert result
    assert result["status"] == "done"
    names = {"next_offset", "complete", "deliveries"}
    return {name: found for name, found in result["counts"].items() if name not in names}


def weights(to: Receiver) -> dict[str, tuple[str, int | None]]:
    """The newest status and weight of each consultation."""
    records = to.read(topics.CONSULTATION, "consultation")
    return {r["consultation_key"]: (r["status"], r["weight_g"]) for r in records}


def test_only_what_differs_is_written_again_and_once() -> None:
    to = receiver([consultation(1), consultation(2)])
    assert again(to) == {"unchanged": 2}
    to.change = doubled
    assert again(to, 1) == {"changed": 2}
    assert again(to, 2) == {"unchanged": 2}
    assert sorted(w for _, w in weights(to).values() if w) == [2 * 4501, 2 * 4502]
    versions = [
        (o.key, o.header.extracted_at, o.header.sequence, o.header.revision)
        for o in to.log[topics.CONSULTATION]
    ]
    assert len(set(versions)) == len(versions) == 4


def test_what_was_corrected_deleted_or_only_repeated_since_is_left_alone() -> None:
    to = receiver(
        [consultation(1), consultation(2), consultation(3)],
        [consultation(1, duration_minutes=5), consultation(2, operation="delete"), consultation(3)],
    )
    before = weights(to)
    to.change = doubled
    # Of the first delivery only the third still stands, of the second only the first.
    assert again(to) == {"changed": 2, "not_standing": 3}
    after = weights(to)
    assert {k: s for k, (s, _) in after.items()} == {k: s for k, (s, _) in before.items()}


def test_a_dry_run_tells_and_changes_nothing() -> None:
    to = receiver([consultation(1)], [consultation(2, start=None)])
    before, ledger = dict(weights(to)), dict(to.ledger.entries)
    to.change = lambda item: doubled(taken(item))
    assert again(to, dry_run="1") == {"changed": 1, "received_accepted": 1}
    assert weights(to) == before
    changed = {
        k
        for k in to.ledger.entries.keys() | ledger.keys()
        if to.ledger.entries.get(k) != ledger.get(k)
    }
    assert {key[:1] for key in changed} <= {b"k", b"o", b"w"}


def test_what_was_rejected_is_received_if_it_is_not_any_more_without_a_receipt() -> None:
    to = receiver([consultation(1), consultation(2, start=None)])
    receipts = len(to.log[topics.receipt_topic(SYSTEM)])
    to.change = taken
    assert again(to) == {"unchanged": 1, "received_accepted": 1}
    states = [s["state"] for s in to.read(topics.QUARANTINE_STATE, "quarantine_state")]
    assert states == ["open", "replayed"]
    assert len(to.log[topics.receipt_topic(SYSTEM)]) == receipts
    assert again(to, 1) == {"unchanged": 2}


def test_what_would_be_rejected_today_stays_and_is_counted() -> None:
    to = receiver([consultation(1)])
    to.change = lambda item: replace(item, rejected=True, findings=("START_MISSING",))
    assert again(to) == {"now_rejected": 1}
    assert [status for status, _ in weights(to).values()] == ["live"]
    assert to.read(topics.QUARANTINE, "quarantined_item") == []


def test_todays_reservations_hold() -> None:
    to = receiver([consultation(1)])
    person = keys().pseudonyms.person_key(IdKind.FNR, consultation(1)["fnr"])
    table = Rights(5, {person: PersonRights((Reservation("weight", date(2017, 1, 1), None),))})
    to.emitter = replace(to.emitter, rights=table)
    assert again(to) == {"changed": 1}
    assert [weight for _, weight in weights(to).values()] == [None]


def test_another_units_deliveries_are_left_out_when_one_is_named() -> None:
    to = receiver([consultation(1)])
    to.change = doubled
    record = command_record(CommandKind.REPLAY, 9, at=LATER, from_ms="0", until_ms=str(LATER))
    result = to.order(record)
    assert result
    assert result["counts"]["changed"] == 1


OPERATIONS = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.sampled_from(["upsert", "delete", "corrected", "rejected"]),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=examples(25), deadline=None)
@given(OPERATIONS)
def test_replaying_everything_ends_as_if_all_had_come_today(
    operations: list[tuple[int, str]],
) -> None:
    changes: dict[str, dict[str, Any]] = {
        "upsert": {},
        "delete": {"operation": "delete"},
        "corrected": {"duration_minutes": 45},
        "rejected": {"start": None},
    }
    deliveries = [[consultation(n, **changes[what])] for n, what in operations]
    to = receiver(*deliveries)
    to.change = doubled
    again(to)
    today = Changed()
    for sequence, items in enumerate(deliveries, start=1):
        read_right = [i | {"weight_g": 2 * i["weight_g"]} for i in items]
        today.take(source_record(read_right, sequence=sequence, offset=sequence))
    assert weights(to) == weights(today)
    live = {k: v for k, v in to.ledger.entries.items() if k[:1] not in b"ow"}
    assert to.rebuilt() == live
