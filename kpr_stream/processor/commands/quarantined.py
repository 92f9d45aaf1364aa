"""Commands about quarantined items: judge them again, or put them aside. Pure.

An item that is not rejected any more is received as if it came now, but is as old as it is: what
its unit has sent since stands. The unit gets a receipt for it; the counts of the delivery it came
in stay what they were.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kpr_stream.keys.seal import Sealer
from kpr_stream.model.command import Command, ResultStatus
from kpr_stream.model.delivery import Decrypted, Prepared, Refused
from kpr_stream.model.quarantine import ItemState
from kpr_stream.model.unit import count
from kpr_stream.model.words import Outcome, ReceiptStatus, System
from kpr_stream.operate.quarantine.item import clear_bytes
from kpr_stream.processor.commands.effects import Effects
from kpr_stream.processor.commands.log_slice import SliceRead
from kpr_stream.processor.commands.rejudge import Rejudge, as_delivery
from kpr_stream.processor.decide.items import decide_items, entry_key_of, item_key
from kpr_stream.processor.decide.quarantine import open_state, state_record
from kpr_stream.processor.decide.supersede import rivals_of
from kpr_stream.processor.decide.unit_of_work import UnitOfWork
from kpr_stream.processor.emit.receipt import Answer, AnsweredItem
from kpr_stream.processor.state.entries import read_entry
from kpr_stream.processor.state.known import ContentVersion
from kpr_stream.schemas import wire

NOWHERE = -1
"""Source offset in a receipt that answers no single delivery."""


@dataclass(frozen=True, slots=True)
class _Open:
    """An open item: as it was rejected, and its state."""

    item: dict[str, Any]
    state: dict[str, Any]


def discard(command: Command, found: SliceRead, uow: UnitOfWork) -> Effects:
    """Put items aside: their state says so, nothing else changes."""
    items, counts = _open_items(command, found, uow)
    for one in items:
        uow.write(_changed(command, one, ItemState.DISCARDED))
    return _effects(counts + Counter(discarded=len(items)), done=bool(items))


def replay_items(command: Command, found: SliceRead, uow: UnitOfWork, rejudge: Rejudge) -> Effects:
    """Judge items again by the rules and the rights of today."""
    items, counts = _open_items(command, found, uow)
    judged = rejudge.prepare([_opened(one.item, uow.emitter.quarantine, command) for one in items])
    replayed: Counter[tuple[System, Outcome]] = Counter()
    received: dict[str, list[tuple[_Open, AnsweredItem]]] = {}
    for one, result in zip(items, judged, strict=True):
        prepared = None if isinstance(result, Refused) else _as_it_was(result, one.item)
        if prepared is None or prepared.items[0].rejected:
            _still_rejected(command, one, prepared, uow)
            counts["rejected"] += 1
            continue
        # Before it is received, or that would close it as if its unit had sent it again.
        uow.write(_changed(command, one, ItemState.REPLAYED))
        outcome, answered = receive_again(prepared, uow)
        received.setdefault(one.item["delivery_id"], []).append((one, answered))
        counts[outcome.value] += 1
        replayed[System(one.item["system"]), outcome] += 1
    for answers in received.values():
        _answer(command, answers, uow)
    return _effects(counts, done=bool(items), replayed=replayed)


def receive_again(prepared: Prepared, uow: UnitOfWork) -> tuple[Outcome, AnsweredItem]:
    """Receive one item that had been rejected; its outcome, and what a receipt says of it.

    Where the very delivery it came in has said something else under the same id, that stands: a
    version of a record is written once.
    """
    envelope, (item,) = prepared.arrived.envelope, prepared.items
    key = item_key(uow.emitter, envelope, item)
    entry = uow.overlay.get(entry_key_of(envelope.message_type)(key)) if key else None
    version = ContentVersion(envelope.extracted_at, envelope.sequence)
    if entry and read_entry(entry).version == version:
        return Outcome.STALE, AnsweredItem(item.index, None, Outcome.STALE, item.findings)
    at = prepared.arrived.source.received_at
    rivals = rivals_of(uow, envelope.org_nr, envelope.system, at=at)
    (outcome,), answered = decide_items(prepared, uow, rivals)
    plainly = AnsweredItem(item.index, None, outcome, item.findings)
    return outcome, answered[0] if answered else plainly


def _open_items(
    command: Command, found: SliceRead, uow: UnitOfWork
) -> tuple[list[_Open], Counter[str]]:
    wanted = set(command.numbers("offsets"))
    counts: Counter[str] = Counter()
    items = []
    for record in found.records:
        if record.offset not in wanted or record.value is None:
            continue
        wanted.discard(record.offset)
        item = wire.decode("quarantined_item", record.value)
        state = open_state(uow, item["quarantine_id"])
        if state is None or item["org_nr"] != command.org_nr:
            counts["not_open"] += 1
        else:
            items.append(_Open(item, state))
    if wanted:
        counts["gone"] = len(wanted)
    return items, counts


def _opened(item: Mapping[str, Any], sealer: Sealer, command: Command) -> Decrypted:
    return as_delivery(item, clear_bytes(item, sealer), command.source)


def _as_it_was(prepared: Prepared, item: Mapping[str, Any]) -> Prepared:
    """With the place in its delivery that the item has had."""
    return replace(
        prepared, items=tuple(replace(i, index=item["item_index"]) for i in prepared.items)
    )


def _still_rejected(
    command: Command, one: _Open, prepared: Prepared | None, uow: UnitOfWork
) -> None:
    """It stays open; by other rules, its state says by which."""
    rules = prepared.items[0].findings if prepared else tuple(one.state["rules"])
    if list(rules) != one.state["rules"]:
        uow.write(_changed(command, one, ItemState.OPEN, rules))


def _changed(
    command: Command, one: _Open, state: ItemState, rules: tuple[str, ...] | None = None
) -> Any:  # noqa: ANN401 - an OutputRecord
    source = command.source
    return state_record(source, one.state, state, rules=rules, command_id=command.command_id)


def _answer(
    command: Command, answers: Sequence[tuple[_Open, AnsweredItem]], uow: UnitOfWork
) -> None:
    """One receipt for the items of one delivery."""
    item = answers[0][0].item
    system = System(item["system"])
    nowhere = replace(command.source, offset=NOWHERE)
    answer = Answer(
        source=nowhere,
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
    source = command.source
    for record in uow.emitter.answer(answer):
        header = replace(
            record.header, source_topic=source.topic_index, source_offset=source.offset
        )
        uow.write(replace(record, header=header))


def _effects(
    counts: Mapping[str, int],
    *,
    done: bool,
    replayed: Mapping[tuple[System, Outcome], int] | None = None,
) -> Effects:
    status = ResultStatus.DONE if done else ResultStatus.UNCHANGED
    return Effects(status=status, counts=dict(counts), replayed=replayed or {})
