"""Decide the plain items of a batch in columns: the chain of this room. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kpr_stream.model.delivery import Prepared, PreparedItem
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.words import Outcome
from kpr_stream.processor.columns.cleaned import Cleaned, cleaned_records
from kpr_stream.processor.columns.gather import Rows, gather
from kpr_stream.processor.columns.identities import identity_records, own_id_records
from kpr_stream.processor.columns.judge import Decisions, judge
from kpr_stream.processor.columns.look_up import key_items, look_up
from kpr_stream.processor.columns.persons import name_persons
from kpr_stream.processor.columns.shared import settle_shared
from kpr_stream.processor.decide.delivery import source_id
from kpr_stream.processor.decide.plain import Placed, PlainItems, Plan
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.emit.receipt import AnsweredItem
from kpr_stream.processor.state.entries import Entries, entries_of
from kpr_stream.processor.state.overlay import Overlay
from kpr_stream.rules.rule import HIDES_LOCAL_ID


def plan_batch(prepared: Sequence[Prepared], overlay: Overlay, emitter: Emitter) -> Plan:
    """Return what becomes of the plain items of a batch's deliveries, if all are processed.

    ``prepared`` are in the order in which they will be decided. ``overlay`` lies over the ledger;
    the batch may be decided over it too, and then reads little again.
    """
    rows = gather(prepared)
    persons = name_persons(rows, emitter.pseudonyms, emitter.rights)
    keyed = key_items(rows, persons, emitter.pseudonyms)
    look_up(rows, persons, keyed, overlay)
    judged = judge(rows, persons, keyed, overlay, emitter.pseudonyms)
    new_ids = settle_shared(rows, persons, keyed, judged, overlay, emitter)
    accepted = [row for row in rows.in_order if judged.outcomes[row] is Outcome.ACCEPTED]
    identities = identity_records(accepted, rows, persons, overlay, emitter)
    own_ids = own_id_records(new_ids, rows, emitter)
    cleaned = cleaned_records(sorted(accepted), rows, persons, keyed, judged, emitter)
    return _by_delivery(rows, judged, identities, cleaned, own_ids)


def _by_delivery(
    rows: Rows,
    judged: Decisions,
    identities: Mapping[int, OutputRecord],
    cleaned: Mapping[int, Cleaned],
    own_ids: Mapping[int, OutputRecord],
) -> Plan:
    members: list[list[int]] = [[] for _ in rows.deliveries]
    for row in rows.in_order:
        members[rows.delivery[row]].append(row)
    items = _items_one_by_one(rows, judged)
    plan: dict[tuple[int, int], PlainItems] = {}
    for prepared, own in zip(rows.deliveries, members, strict=True):
        entries: Entries = {}
        placed: list[Placed] = []
        for row in own:
            if row in cleaned:
                record, more = cleaned[row]
                placed.append(Placed(rows.place[row], record))
                entries.update(more)
            if row in own_ids:
                placed.append(Placed(rows.place[row], own_ids[row]))
                entries.update(_entries(own_ids[row]))
        people = [row for row in own if row in identities]
        for row in people:
            entries.update(_entries(identities[row]))
        others = [row for row in own if judged.outcomes[row] is None]
        plan[source_id(prepared.arrived.source)] = PlainItems(
            outcomes=[judged.outcomes[row] for row in own],
            others=[items[row] for row in others],
            places=[rows.place[row] for row in others],
            identities=[Placed(rows.place[row], identities[row]) for row in people],
            records=placed,
            entries=entries,
            answered=_answered(own, rows, judged),
        )
    return plan


def _entries(record: OutputRecord) -> Entries:
    topic, key, value, header, *_ = record
    return entries_of(topic, key, value, header, known=lambda _: None)


def _items_one_by_one(rows: Rows, judged: Decisions) -> dict[int, PreparedItem]:
    found: dict[int, PreparedItem] = {}
    for part in rows.parts:
        others = [row for row in part.rows if judged.outcomes[row] is None]
        if others:
            chosen = [row - part.first for row in others]
            some = part.framed if len(others) == len(part.rows) else part.framed.take(chosen)
            found.update(zip(others, some.items(), strict=True))
    return found


def _answered(own: Sequence[int], rows: Rows, judged: Decisions) -> list[AnsweredItem]:
    """Return what the receipt lists: every plain item but those accepted without a finding."""
    found = []
    for row in own:
        outcome, findings = judged.outcomes[row], rows.findings[row]
        if outcome is None or (outcome is Outcome.ACCEPTED and not findings):
            continue
        local_id = rows.local_ids[row] if HIDES_LOCAL_ID.isdisjoint(findings) else None
        found.append(AnsweredItem(rows.place[row], local_id, outcome, findings))
    return found
