"""The receipt of a receiver that is no processor: of one part, without items."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from kpr_stream.model.words import ReceiptStatus, System


def small_receipt(
    delivery: Mapping[str, Any],
    system: System,
    place: tuple[int, int],
    status: ReceiptStatus,
    *,
    expected_sequence: int,
    counts: Mapping[str, int],
    reason: str | None = None,
) -> dict[str, Any]:
    """Return the answer to a delivery; ``place`` is its partition and offset."""
    return {
        "delivery_id": delivery["delivery_id"],
        "attempt": delivery["attempt"],
        "org_nr": delivery["org_nr"],
        "system": system,
        "message_type": delivery["message_type"],
        "sequence": delivery["sequence"],
        "status": status,
        "reason": reason,
        "expected_sequence": expected_sequence,
        "item_count": delivery["item_count"],
        "counts": counts,
        "items": [],
        "texts": [],
        "part": 1,
        "parts": 1,
        "source_partition": place[0],
        "source_offset": place[1],
        "received_at": datetime.now(UTC),
        "rule_set_version": "test",
    }
