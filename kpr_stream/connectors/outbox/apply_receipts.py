"""Settling receipts in the outbox: what they mean and where they ended, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kpr_stream.connectors.outbox import protocol as order
from kpr_stream.connectors.outbox.outbox import Outbox
from kpr_stream.connectors.outbox.protocol import Answer, UnitStatus
from kpr_stream.model.words import ReceiptStatus

Receipt = Mapping[str, Any]


def settle(outbox: Outbox, receipts: Iterable[Receipt], positions: Mapping[int, int]) -> int:
    """Carry out what each receipt means, in order; how many of them said something new."""
    with outbox.changing():
        told = sum(_one(outbox, receipt) for receipt in receipts)
        outbox.note_positions(positions)
    return told


def _one(outbox: Outbox, receipt: Receipt) -> bool:
    org_nr, delivery_id = receipt["org_nr"], receipt["delivery_id"]
    unit = outbox.unit(org_nr)
    if unit is None:
        return False
    if receipt["status"] not in list(ReceiptStatus):
        # A newer receiver may know answers that this release does not.
        outbox.hold(org_nr, UnitStatus.STOPPED, "UNKNOWN_STATUS")
        return True
    answer = Answer(
        delivery_id,
        receipt["attempt"],
        ReceiptStatus(receipt["status"]),
        receipt["reason"],
        receipt["expected_sequence"],
    )
    match order.decide(answer, unit, outbox.sent(delivery_id)):
        case order.Ignore():
            return False
        case order.GoOn(at):
            outbox.go_on(org_nr, at)
        case order.Finish():
            _finish(outbox, receipt)
        case order.GoBack(to):
            outbox.go_back(org_nr, to)
        case order.Block(reason):
            outbox.hold(org_nr, UnitStatus.BLOCKED, reason)
        case order.Stop(reason):
            outbox.hold(org_nr, UnitStatus.STOPPED, reason)
    return True


def _finish(outbox: Outbox, receipt: Receipt) -> None:
    """A long receipt comes in parts; the delivery is done with the last of them."""
    seen, new = outbox.note_part(receipt["delivery_id"], receipt["part"])
    if new:
        outbox.note_findings(_findings(receipt))
    if seen >= receipt["parts"]:
        outbox.finish(receipt["delivery_id"], receipt["counts"])


def _findings(receipt: Receipt) -> Iterator[tuple[object, ...]]:
    for item in receipt["items"]:
        for finding in item["findings"]:
            yield (
                receipt["org_nr"],
                receipt["sequence"],
                item["index"],
                item["local_id"],
                item["outcome"],
                finding["rule"],
                finding["pointer"],
            )
