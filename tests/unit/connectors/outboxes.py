"""An outbox with deliveries in it, and the receipts that answer them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kpr_stream.connectors.outbox.apply_receipts import apply_receipts
from kpr_stream.connectors.outbox.outbox import Outbox
from kpr_stream.connectors.outbox.records import NewDelivery, ReadyDelivery
from kpr_stream.model.words import OUTCOMES

SYSTEM = "visma-hspro"
UNIT = "800000009"
WINDOW, MAX_BYTES = 4, 10**6


def path_in(folder: Path) -> Path:
    return folder / "outbox.sqlite3"


def opened(folder: Path) -> Outbox:
    """The outbox under a folder, as after a start of the process."""
    return Outbox(path_in(folder), system=SYSTEM)


def with_open_unit(outbox: Outbox, org_nr: str = UNIT, at: int = 1) -> None:
    """Let a unit be known, with its hello answered."""
    outbox.add_unit(org_nr, "0301")
    (hello,) = (one for one in outbox.hellos(set()) if one.org_nr == org_nr)
    told = receipt(hello.hello_id, org_nr=org_nr, sequence=0, status="hello", expected=at)
    assert apply_receipts(outbox, [told], {}) == 1


def keep(outbox: Outbox, name: str, sequences: range, org_nr: str = UNIT) -> None:
    """Keep a file with a delivery of two items for each sequence."""
    outbox.keep(name, "digest", [new(sequence, org_nr) for sequence in sequences])


def new(sequence: int, org_nr: str = UNIT) -> NewDelivery:
    return NewDelivery(f"{org_nr}-{sequence}", org_nr, sequence, 2, b"x" * 100)


def take(outbox: Outbox, *, max_bytes: int = MAX_BYTES) -> list[ReadyDelivery]:
    return outbox.take_ready(window=WINDOW, max_bytes=max_bytes)


def receipt(
    delivery_id: str,
    *,
    sequence: int,
    status: str = "processed",
    org_nr: str = UNIT,
    attempt: int = 1,
    expected: int = 0,
    reason: str | None = None,
    part: int = 1,
    parts: int = 1,
    items: list[Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    return more | {
        "delivery_id": delivery_id,
        "attempt": attempt,
        "org_nr": org_nr,
        "sequence": sequence,
        "status": status,
        "reason": reason,
        "expected_sequence": expected or sequence + 1,
        "counts": {str(outcome): 2 * (outcome == "accepted") for outcome in OUTCOMES},
        "part": part,
        "parts": parts,
        "items": items or [],
    }


def answer_to(ready: ReadyDelivery, status: str = "processed", **more: Any) -> dict[str, Any]:
    return receipt(
        ready.delivery_id,
        sequence=ready.sequence,
        org_nr=ready.org_nr,
        attempt=ready.attempt,
        status=status,
        **more,
    )
