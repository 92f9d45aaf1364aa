"""Replay quarantined items: judge them again by the rules and rights in force. Pure.

An item that is not rejected any more is received as if it came now, with the age of its delivery:
whatever its unit has sent since remains. The unit gets a receipt for the item. The counts of the
delivery that brought it do not change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from kpr_stream.keys.seal import open_quarantined
from kpr_stream.model.command import Command, ResultStatus
from kpr_stream.model.delivery import DeliveryRefused, Prepared
from kpr_stream.model.quarantine import ItemState
from kpr_stream.model.unit import count
from kpr_stream.model.words import Outcome, ReceiptStatus, System
from kpr_stream.processor.commands.effects import Effects
from kpr_stream.processor.commands.log_slice import SliceRead
from kpr_stream.processor.commands.quarantined import OpenItem, next_state, open_items
from kpr_stream.processor.commands.rejudge import Rejudge, as_delivery
from kpr_stream.processor.decide.receive_again import receive_again
from kpr_stream.processor.decide.unit_of_work import UnitOfWork
from kpr_stream.processor.emit.receipt import AnsweredItem, ReceiptDraft, receipt_records

NO_DELIVERY = -1
"""Source offset in a receipt that answers no single delivery."""


def replay_items(command: Command, found: SliceRead, uow: UnitOfWork, rejudge: Rejudge) -> Effects:
    """Judge the open items again that a command names; receive those not rejected any more."""
    items, counts = open_items(command, found, uow)
    sealer = uow.emitter.quarantine
    judged = rejudge.prepare(
        [as_delivery(one.item, open_quarantined(one.item, sealer), command.source) for one in items]
    )
    replayed: Counter[tuple[System, Outcome]] = Counter()
    answers: dict[str, list[tuple[OpenItem, AnsweredItem]]] = {}
    for one, result in zip(items, judged, strict=True):
        prepared = (
            None if isinstance(result, DeliveryRefused) else _with_own_index(result, one.item)
        )
        if prepared is None or prepared.items[0].rejected:
            _keep_open(command, one, prepared, uow)
            counts["rejected"] += 1
            continue
        # The state is written first: receiving closes an open item as one sent again by its unit.
        uow.write(next_state(uow, command, one, ItemState.REPLAYED))
        outcome, answered = receive_again(prepared, uow)
        answers.setdefault(one.item["delivery_id"], []).append((one, answered))
        counts[outcome.value] += 1
        replayed[System(one.item["system"]), outcome] += 1
    for of_delivery in answers.values():
        _write_receipt(command, of_delivery, uow)
    status = ResultStatus.DONE if items else ResultStatus.UNCHANGED
    return Effects(status=status, counts=dict(counts), replayed=replayed)


def _with_own_index(prepared: Prepared, item: Mapping[str, Any]) -> Prepared:
    """Give the item the index that it had in its delivery."""
    return replace(
        prepared, items=tuple(replace(i, index=item["item_index"]) for i in prepared.items)
    )


def _keep_open(command: Command, one: OpenItem, prepared: Prepared | None, uow: UnitOfWork) -> None:
    """Leave an item open; if other rules reject it now, its state names them."""
    rules = prepared.items[0].findings if prepared else tuple(one.state["rules"])
    if list(rules) != one.state["rules"]:
        uow.write(next_state(uow, command, one, ItemState.OPEN, rules))


def _write_receipt(
    command: Command, answers: Sequence[tuple[OpenItem, AnsweredItem]], uow: UnitOfWork
) -> None:
    """Write one receipt for the items of one delivery."""
    item = answers[0][0].item
    system = System(item["system"])
    draft = ReceiptDraft(
        source=replace(command.source, offset=NO_DELIVERY),
        system=system,
        org_nr=item["org_nr"],
        status=ReceiptStatus.REPLAYED,
        expected_sequence=uow.state(item["org_nr"], system).next_sequence,
        rule_set_version=uow.emitter.versions.rule_set,
        delivery_id=item["delivery_id"],
        message_type=item["message_type"],
        sequence=item["sequence"],
        counts=count([answered.outcome for _, answered in answers]),
        items=tuple(answered for _, answered in answers),
    )
    for record in receipt_records(uow.emitter, draft, caused_by=command.source):
        uow.write(record)
