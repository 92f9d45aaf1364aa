"""Apply receipts to the outbox: what they mean and where they end, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kpr_stream.connectors.outbox import protocol
from kpr_stream.connectors.outbox.outbox import Outbox
from kpr_stream.connectors.outbox.protocol import ReceiptView, UnitStatus
from kpr_stream.connectors.outbox.refusal import refusal_text
from kpr_stream.model.words import ReceiptStatus

Receipt = Mapping[str, Any]


def apply_receipts(
    outbox: Outbox, receipts: Iterable[Receipt], positions: Mapping[int, int]
) -> int:
    """Carry out what each receipt means, in order; return how many changed something."""
    with outbox.changing():
        changed = sum(_apply(outbox, receipt) for receipt in receipts)
        outbox.note_positions(positions)
    return changed


def _apply(outbox: Outbox, receipt: Receipt) -> bool:
    org_nr, delivery_id = receipt["org_nr"], receipt["delivery_id"]
    unit = outbox.unit(org_nr)
    if unit is None:
        return False
    if receipt["status"] not in list(ReceiptStatus):
        # A newer receiver may send a status that this release does not know.
        outbox.hold_unit(org_nr, UnitStatus.STOPPED, "UNKNOWN_STATUS")
        return True
    view = ReceiptView(
        delivery_id,
        receipt["sequence"],
        receipt["attempt"],
        ReceiptStatus(receipt["status"]),
        receipt["reason"],
        receipt["expected_sequence"],
    )
    if view.status is ReceiptStatus.REPLAYED:
        outbox.journal.note_replayed(receipt)
    match protocol.decide(view, unit, outbox.delivery(delivery_id)):
        case protocol.Ignore():
            return False
        case protocol.ResumeAt(sequence):
            outbox.set_next_sequence(org_nr, sequence)
        case protocol.Finish():
            _finish(outbox, receipt)
        case protocol.GoBack(sequence):
            outbox.send_again_from(org_nr, sequence)
        case protocol.Block(reason):
            outbox.hold_unit(org_nr, UnitStatus.BLOCKED, reason, refusal_text(receipt))
        case protocol.Stop(reason):
            outbox.hold_unit(org_nr, UnitStatus.STOPPED, reason)
    return True


def _finish(outbox: Outbox, receipt: Receipt) -> None:
    """Note one part of a receipt; the delivery is done with the last of them."""
    seen, new = outbox.note_part(receipt["delivery_id"], receipt["part"])
    if new:
        outbox.note_findings(_findings(receipt))
        outbox.journal.note_findings(receipt)
    if seen >= receipt["parts"]:
        # A repeat names no items. Its first answer did, and comes before it.
        if receipt["status"] == ReceiptStatus.PROCESSED:
            outbox.journal.settle(receipt["delivery_id"], receipt["org_nr"])
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
