"""Items judged again, or put aside: what is received, what its unit is told, what stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from kpr_stream.model import topics
from kpr_stream.model.command import CommandKind
from kpr_stream.model.delivery import Decrypted, DeliveryRefused, Prepared, PreparedItem
from kpr_stream.model.person_id import IdKind
from kpr_stream.model.release import ReleaseLimits
from kpr_stream.model.words import System
from kpr_stream.processor.commands.rejudge import Rejudge
from kpr_stream.processor.frame.prepare import FrameContext, prepare
from kpr_stream.processor.intake.admission import AdmissionPolicy
from kpr_stream.reference import load_reference
from kpr_stream.rights.table import PersonRights, Reservation, Rights
from tests.support.commands import command_record
from tests.support.deliveries import NOW, NOW_MS, consultation, source_record
from tests.support.receiver import Receiver, keys

SYSTEM = System.VISMA_HSPRO
RECEIPTS = topics.receipt_topic(SYSTEM)
LATER = NOW_MS + 86_400_000


class Mended(Receiver):
    """A receiver whose rules were wrong when items came: they were rejected for an id that is
    there. Judging again reads the items as they should have been read."""

    def rejudge(self) -> Rejudge:
        return replace(super().rejudge(), prepare=self._mended)

    @staticmethod
    def _mended(opened: Sequence[Decrypted]) -> list[Prepared | DeliveryRefused]:
        found = prepare(opened, FrameContext(synthetic_ids=True, reference=load_reference()))
        ready = [one for one in found if isinstance(one, Prepared)]
        return [replace(one, items=tuple(map(_with_id, one.items))) for one in ready]


def _with_id(item: PreparedItem) -> PreparedItem:
    if item.findings != ("CONSULTATION_ID_MISSING",):
        return item
    return replace(item, rejected=False, findings=(), local_id="k-1")


def rejected(*items: dict[str, Any], rights: Rights | None = None) -> Mended:
    """A receiver that has rejected these items, which have no id."""
    receiver = Mended(rights)
    receiver.emitter = replace(
        receiver.emitter, policy=AdmissionPolicy(release_limits=ReleaseLimits(consecutive=10_000))
    )
    receiver.take(source_record([i | {"consultation_id": None} for i in items], sequence=1))
    return receiver


def again(receiver: Receiver, kind: CommandKind = CommandKind.REPLAY_ITEMS, n: int = 0) -> Any:
    upto = len(receiver.log[topics.QUARANTINE])
    offsets = ",".join(str(offset) for offset in range(upto))
    return receiver.order(command_record(kind, n, at=LATER, offsets=offsets))


def states(receiver: Receiver) -> list[str]:
    return [s["state"] for s in receiver.read(topics.QUARANTINE_STATE, "quarantine_state")]


def test_what_is_not_rejected_any_more_is_received_as_old_as_it_is() -> None:
    receiver = rejected(consultation(1))
    result = again(receiver)
    assert (result["status"], result["counts"]) == ("done", {"accepted": 1})
    (record,) = receiver.read(topics.CONSULTATION, "consultation")
    assert (record["status"], record["weight_g"]) == ("live", 4501)
    assert record["received_at"] == NOW
    assert record["extracted_at"] == NOW - timedelta(minutes=1)
    assert states(receiver) == ["open", "replayed"]


def test_its_unit_gets_a_receipt_that_names_the_delivery_and_counts_apart() -> None:
    receiver = rejected(consultation(1))
    before = receiver.read(RECEIPTS, "receipt")
    again(receiver)
    receipt = receiver.read(RECEIPTS, "receipt")[-1]
    assert (receipt["status"], receipt["sequence"]) == ("replayed", 1)
    assert receipt["delivery_id"] == before[0]["delivery_id"]
    assert {name: n for name, n in receipt["counts"].items() if n} == {"accepted": 1}
    unit = receiver.read(topics.UNIT, "unit_state")[-1]
    assert unit["recent"][0]["counts"] == [0, 0, 0, 0, 0, 0, 1], "what was received stays"


def test_what_is_still_rejected_stays_open() -> None:
    receiver = rejected(consultation(1, start=None))
    assert again(receiver)["counts"] == {"rejected": 1}
    assert set(states(receiver)) == {"open"}
    assert receiver.read(topics.CONSULTATION, "consultation") == []


def test_nothing_is_received_twice() -> None:
    receiver = rejected(consultation(1))
    again(receiver)
    assert again(receiver, n=1)["counts"] == {"not_open": 1}
    assert len(receiver.read(topics.CONSULTATION, "consultation")) == 1


def test_what_the_unit_has_sent_since_stands() -> None:
    receiver = rejected(consultation(1))
    receiver.take(
        source_record(
            [consultation(1, duration_minutes=5)], sequence=2, offset=1, received_at=NOW_MS + 1000
        )
    )
    assert again(receiver)["counts"] == {"stale": 1}
    assert [r["duration_minutes"] for r in receiver.read(topics.CONSULTATION, "consultation")] == [
        5
    ]


def test_the_rights_of_today_hold_not_those_of_then() -> None:
    receiver = rejected(consultation(1))
    person = keys().pseudonyms.person_key(IdKind.FNR, consultation(1)["fnr"])
    reservation = Reservation("weight", date(2017, 1, 1), None)
    table = Rights(5, {person: PersonRights((reservation,))})
    receiver.emitter = replace(receiver.emitter, rights=table)
    assert again(receiver)["rights_offset"] == 5
    (record,) = receiver.read(topics.CONSULTATION, "consultation")
    assert (record["weight_g"], record["length_mm"]) == (None, 560)


def test_a_discarded_item_stays_discarded() -> None:
    receiver = rejected(consultation(1), consultation(2))
    assert again(receiver, CommandKind.DISCARD)["counts"] == {"discarded": 2}
    assert states(receiver) == ["open", "open", "discarded", "discarded"]
    assert again(receiver, n=1)["counts"] == {"not_open": 2}
    assert len(receiver.read(RECEIPTS, "receipt")) == 1


def test_an_item_that_is_no_longer_there_is_told() -> None:
    receiver = rejected(consultation(1))
    result = receiver.order(command_record(CommandKind.REPLAY_ITEMS, offsets="0,7"))
    assert result
    assert result["counts"] == {"accepted": 1, "gone": 1}


@pytest.mark.parametrize("offsets", ["", "x", "1,,2", "-1", "0,9999999"])
def test_offsets_that_cannot_be_are_refused(offsets: str) -> None:
    result = rejected().order(command_record(CommandKind.REPLAY_ITEMS, offsets=offsets))
    assert result
    assert result["code"] == "BAD_ARGUMENT"


def test_what_is_written_is_dated_by_the_command_and_remembered_from_the_records_alone() -> None:
    receiver = rejected(consultation(1), consultation(2, start=None))
    written = len(receiver.written)
    again(receiver)
    assert {o.timestamp for o in receiver.written[written:]} == {LATER}
    live = {k: v for k, v in receiver.ledger.entries.items() if k[:1] not in b"ow"}
    assert receiver.rebuilt() == live


def test_neither_result_nor_receipt_holds_an_id() -> None:
    receiver = rejected(consultation(1))
    written = len(receiver.written)
    again(receiver)
    fnr = consultation(1)["fnr"].encode()
    for record in receiver.written[written:]:
        assert fnr not in record.key + (record.value or b"") + record.header.pack()


@pytest.mark.parametrize("kind", [CommandKind.DISCARD, CommandKind.REPLAY_ITEMS])
@pytest.mark.parametrize("receiver", [Mended, Receiver])
def test_an_item_without_an_id_that_a_command_has_judged_is_remembered_from_its_records(
    kind: CommandKind, receiver: type[Receiver]
) -> None:
    one = receiver()
    for sequence in (1, 2):
        one.take(
            source_record(
                [consultation(1, consultation_id=None)], sequence=sequence, offset=sequence
            )
        )
        again(one, kind, n=sequence)
    live = {k: v for k, v in one.ledger.entries.items() if k[:1] not in b"ow"}
    assert one.rebuilt() == live
    assert one.rebuilt(compacted=True) == live
