"""What the receiver answered, in the form of the truth."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from itertools import zip_longest
from typing import Any, NamedTuple

from kpr_stream.model.words import MessageType, ReceiptStatus
from tests.end_to_end.truth import Line, Unit

_EPOCH = date(1970, 1, 1)
_DATES = ("date", "maternity_discharge_date")
_KEY = {MessageType.CONSULTATION: "consultation_key", MessageType.APPOINTMENT: "appointment_key"}


class Item(NamedTuple):
    """What was answered to an item."""

    outcome: str
    rules: frozenset[str]


PLAINLY_ACCEPTED = Item("accepted", frozenset())
_NOTHING = Item("no answer", frozenset())
_NOT_SENT = Line("not sent", None)


def items_of(receipts: Iterable[Mapping[str, Any]]) -> dict[Unit, list[Item]]:
    """The answer to every item of each unit, in the order of its deliveries.

    A receipt names what was not plainly accepted; parts of one name different items.
    """
    sizes: dict[Unit, dict[int, int]] = defaultdict(dict)
    named: dict[tuple[Unit, int], dict[int, Item]] = defaultdict(dict)
    for receipt in receipts:
        if receipt["status"] != ReceiptStatus.PROCESSED:
            continue
        unit = receipt["system"], receipt["org_nr"]
        sizes[unit][receipt["sequence"]] = receipt["item_count"]
        for item in receipt["items"]:
            rules = frozenset(finding["rule"] for finding in item["findings"])
            named[unit, receipt["sequence"]][item["index"]] = Item(item["outcome"], rules)
    return {
        unit: [
            named[unit, sequence].get(index, PLAINLY_ACCEPTED)
            for sequence in sorted(deliveries)
            for index in range(deliveries[sequence])
        ]
        for unit, deliveries in sizes.items()
    }


def row_of(message_type: MessageType, record: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Key and row of a cleaned record, as the tables have them."""
    row = dict(record)
    for name in _DATES:
        if isinstance(value := row.get(name), int):
            row[name] = _EPOCH + timedelta(days=value)
    return record[_KEY[message_type]], row


def differing(
    told: Mapping[Unit, list[Line]], found: Mapping[Unit, list[Item]]
) -> Counter[tuple[str, str]]:
    """How often what was told, and what was found instead: outcomes, and rules not named."""
    wrong: Counter[tuple[str, str]] = Counter()
    for unit in told.keys() | found.keys():
        lines, items = told.get(unit, []), found.get(unit, [])
        for line, item in zip_longest(lines, items):
            asked, answer = line or _NOT_SENT, item or _NOTHING
            if asked.outcome != answer.outcome:
                wrong[asked.outcome, answer.outcome] += 1
            if asked.rule and asked.rule not in answer.rules:
                wrong[asked.rule, "not named"] += 1
    return wrong
