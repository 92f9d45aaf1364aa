"""Read the receiver's answers and records in the form of the truth."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from itertools import zip_longest
from typing import Any, NamedTuple

from kpr_stream.model.words import MessageType, ReceiptStatus
from tests.end_to_end.truth import ExpectedAnswer, Unit

_EPOCH = date(1970, 1, 1)
_DATES = ("date", "maternity_discharge_date")
_KEY = {MessageType.CONSULTATION: "consultation_key", MessageType.APPOINTMENT: "appointment_key"}


class ItemAnswer(NamedTuple):
    """The receiver's answer to one item."""

    outcome: str
    rules: frozenset[str]


PLAINLY_ACCEPTED = ItemAnswer("accepted", frozenset())
_NO_ANSWER = ItemAnswer("no answer", frozenset())
_NOT_SENT = ExpectedAnswer("not sent", None)


def items_of(receipts: Iterable[Mapping[str, Any]]) -> dict[Unit, list[ItemAnswer]]:
    """Return the answer to every item of each unit, in the order of its deliveries.

    A receipt lists only items that are not plainly accepted. Its parts list different items.
    """
    sizes: dict[Unit, dict[int, int]] = defaultdict(dict)
    named: dict[tuple[Unit, int], dict[int, ItemAnswer]] = defaultdict(dict)
    for receipt in receipts:
        if receipt["status"] != ReceiptStatus.PROCESSED:
            continue
        unit = receipt["system"], receipt["org_nr"]
        sizes[unit][receipt["sequence"]] = receipt["item_count"]
        for item in receipt["items"]:
            rules = frozenset(finding["rule"] for finding in item["findings"])
            named[unit, receipt["sequence"]][item["index"]] = ItemAnswer(item["outcome"], rules)
    return {
        unit: [
            named[unit, sequence].get(index, PLAINLY_ACCEPTED)
            for sequence in sorted(deliveries)
            for index in range(deliveries[sequence])
        ]
        for unit, deliveries in sizes.items()
    }


def row_of(message_type: MessageType, record: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return key and row of a cleaned record, as in the tables."""
    row = dict(record)
    for name in _DATES:
        if isinstance(value := row.get(name), int):
            row[name] = _EPOCH + timedelta(days=value)
    return record[_KEY[message_type]], row


def differing(
    expected: Mapping[Unit, list[ExpectedAnswer]], found: Mapping[Unit, list[ItemAnswer]]
) -> Counter[tuple[str, str]]:
    """Count the differences by what was expected and found: outcomes, and rules not named."""
    wrong: Counter[tuple[str, str]] = Counter()
    for unit in expected.keys() | found.keys():
        lines, items = expected.get(unit, []), found.get(unit, [])
        for line, item in zip_longest(lines, items):
            wanted, answer = line or _NOT_SENT, item or _NO_ANSWER
            if wanted.outcome != answer.outcome:
                wrong[wanted.outcome, answer.outcome] += 1
            if wanted.rule and wanted.rule not in answer.rules:
                wrong[wanted.rule, "not named"] += 1
    return wrong
