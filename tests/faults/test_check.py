"""The checker finds nothing in a correct run, and every loss and every double in a damaged one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from kpr_stream.model.unit import UnitState
from kpr_stream.schemas import wire
from tests.faults.harness.check import SYSTEMS, Findings, Written, check
from tests.faults.harness.in_process import Recorded, record
from tests.faults.harness.sink_checker import differing_rows, last_of_each_key

Damage = Callable[[list[Written]], list[Written]]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return record(tmp_path_factory.mktemp("recorded"), seed=7, deliveries=600)


def damaged(recorded: Recorded, damage: Damage) -> Findings:
    return check(recorded.sent, damage(recorded.written), recorded.secret)


def without_first(topic: str) -> Damage:
    def damage(written: list[Written]) -> list[Written]:
        place = next(n for n, record in enumerate(written) if record.topic.startswith(topic))
        return written[:place] + written[place + 1 :]

    return damage


def with_first_again(topic: str) -> Damage:
    def damage(written: list[Written]) -> list[Written]:
        first = next(record for record in written if record.topic.startswith(topic))
        return [*written, replace(first, offset=first.offset + 1_000_000)]

    return damage


def test_the_processor_decides_what_the_model_expects(recorded: Recorded) -> None:
    found = check(recorded.sent, recorded.written, recorded.secret)
    assert found.messages == []
    assert found.clean
    assert (found.deliveries, len(recorded.sent)) == (600, 600)
    assert found.items > 1000


def test_every_kind_of_answer_is_in_the_load(recorded: Recorded) -> None:
    kinds = {(one.message_type, one.opens) for one in recorded.sent}
    assert kinds >= {("consultation", False), ("appointment", True), ("hello", True)}
    items = [item for one in recorded.sent for item in one.items]
    assert {item.operation for item in items} == {"upsert", "delete", "keep"}
    assert any(item.rejected for item in items)
    assert {one.partition for one in recorded.sent} == set(range(8))
    assert len({one.system for one in recorded.sent}) == 4


@pytest.mark.parametrize(
    "topic", ["kpr.hst.consultation", "kpr.hst.appointment", "kpr.hst.quarantine"]
)
def test_one_lost_record_is_one_lost_item(recorded: Recorded, topic: str) -> None:
    found = damaged(recorded, without_first(topic))
    assert (found.lost, found.duplicated, len(found.units)) == (1, 0, 1)


def test_a_lost_receipt_loses_all_items_of_its_delivery(recorded: Recorded) -> None:
    whole = max(recorded.sent, key=lambda one: len(one.items))
    assert len(whole.items) > 100

    def damage(written: list[Written]) -> list[Written]:
        return [
            record
            for record in written
            if record.topic != f"kpr.hst.receipt.{whole.system}"
            or record.partition != whole.partition
            or int.from_bytes((record.header or b"")[2:10], "big") != whole.offset
        ]

    found = damaged(recorded, damage)
    assert (found.lost, found.duplicated) == (len(whole.items), 0)
    assert found.units == {(whole.system, whole.org_nr)}


@pytest.mark.parametrize(
    "topic",
    ["kpr.hst.consultation", "kpr.hst.appointment", "kpr.hst.receipt", "kpr.hst.quarantine"],
)
def test_one_record_twice_is_one_double(recorded: Recorded, topic: str) -> None:
    found = damaged(recorded, with_first_again(topic))
    assert (found.lost, found.duplicated, len(found.units)) == (0, 1, 1)


def test_a_delivery_that_the_log_does_not_have_is_lost(recorded: Recorded) -> None:
    assert damaged(recorded, without_first("kpr.hst.delivery.")).lost == 1


def test_a_delivery_that_was_not_sent_is_reported(recorded: Recorded) -> None:
    found = damaged(recorded, with_first_again("kpr.hst.delivery."))
    assert (found.lost, found.duplicated, len(found.units)) == (0, 0, 1)


def test_the_state_of_a_unit_must_be_the_last_one(recorded: Recorded) -> None:
    def oldest_last(written: list[Written]) -> list[Written]:
        first = next(record for record in written if record.topic == "kpr.hst.unit")
        return [*written, replace(first, offset=first.offset + 1_000_000)]

    assert len(damaged(recorded, oldest_last).units) == 1


def test_deliveries_of_a_deleted_topic_need_their_answers_and_not_their_records(
    recorded: Recorded,
) -> None:
    """Whether or not anything was sent since: the last fault of a run may have deleted it."""
    system = recorded.sent[0].system
    sent = [replace(one, gone=True) if one.system == system else one for one in recorded.sent]
    kept = [r for r in recorded.written if r.topic != f"kpr.hst.delivery.{system}"]
    assert check(sent, kept, recorded.secret).messages == []
    assert check(recorded.sent, kept, recorded.secret).lost > 0
    unanswered = [r for r in kept if r.topic != f"kpr.hst.receipt.{system}"]
    assert check(sent, unanswered, recorded.secret).lost > 0


def test_two_deliveries_at_one_offset_of_a_topic_made_again_are_told_apart(
    recorded: Recorded,
) -> None:
    """The second half of a partition is moved to a topic that begins at 0 again."""
    one = max(recorded.sent, key=lambda s: s.offset)
    base = (one.offset + 1) // 2
    mine = f"kpr.hst.delivery.{one.system}"
    sent = [
        replace(s, gone=s.offset < base, base=base if s.offset >= base else 0)
        if (s.system, s.partition) == (one.system, one.partition)
        else s
        for s in recorded.sent
    ]
    written = []
    for r in recorded.written:
        header = bytearray(r.header or b"")
        if r.topic == mine and r.partition == one.partition:
            if r.offset >= base:
                written.append(replace(r, offset=r.offset - base))
            continue
        caused = header and header[1] == SYSTEMS.index(one.system) and r.partition == one.partition
        if caused and (offset := int.from_bytes(header[2:10], "big")) >= base:
            header[2:10] = (offset - base).to_bytes(8, "big")
            value = r.value
            if r.topic.startswith("kpr.hst.receipt."):
                receipt = wire.decode("receipt", r.value or b"")
                value = wire.encode("receipt", receipt | {"source_offset": offset - base})
            written.append(replace(r, header=bytes(header), value=value))
        else:
            written.append(r)
    assert check(sent, written, recorded.secret).messages == []


def test_an_item_with_another_outcome_unbalances_its_unit(recorded: Recorded) -> None:
    """The checker compares outcomes, not only numbers of records."""
    changed = max(recorded.sent, key=lambda one: len(one.items))
    other = tuple(replace(item, operation="keep", rejected=False) for item in changed.items)
    sent = [replace(one, items=other) if one is changed else one for one in recorded.sent]
    found = check(sent, recorded.written, recorded.secret)
    assert (changed.system, changed.org_nr) in found.units


def test_a_total_that_differs_from_the_receipts_unbalances_its_unit(recorded: Recorded) -> None:
    place = max(n for n, r in enumerate(recorded.written) if r.topic == "kpr.hst.unit")
    state = UnitState.from_record(wire.decode("unit_state", recorded.written[place].value or b""))
    more = replace(state, totals=replace(state.totals, processed=state.totals.processed + 1))
    written = list(recorded.written)
    written[place] = replace(written[place], value=wire.encode("unit_state", more.to_record()))
    found = check(recorded.sent, written, recorded.secret)
    assert found.units == {(state.system, state.org_nr)}


def test_content_of_another_version_unbalances_its_unit(recorded: Recorded) -> None:
    place = next(n for n, r in enumerate(recorded.written) if r.topic == "kpr.hst.consultation")
    one = recorded.written[place]
    others = [r.value for r in recorded.written if r.topic == one.topic and r.value != one.value]
    written = list(recorded.written)
    written[place] = replace(one, value=others[0])
    assert not check(recorded.sent, written, recorded.secret).clean


def test_a_missing_extra_or_wrong_row_is_reported(recorded: Recorded) -> None:
    topic = "kpr.hst.consultation"
    wanted = dict(last_of_each_key(recorded.written, topic, "consultation"))
    assert differing_rows(topic, wanted, wanted) == []
    one, other, *_ = wanted
    partition, offset, status = wanted[other]
    fewer = {key: place for key, place in wanted.items() if key != one}
    assert len(differing_rows(topic, wanted, fewer)) == 1
    assert len(differing_rows(topic, fewer, wanted)) == 1
    assert (
        len(differing_rows(topic, wanted, {**wanted, other: (partition, offset - 1, status)})) == 1
    )
