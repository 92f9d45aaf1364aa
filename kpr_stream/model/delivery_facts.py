"""The header ``kpr-delivery`` of a receipt: what the receiver's own readers need of the delivery.

A receipt answers its sender, who knows the period and the time of extraction. The register must
keep both. The header is on every receipt of a readable envelope, in every version of the receipt,
and holds no id of a person or an item. ``kpr-written-at`` says when the receipt was handed to the
broker: eight bytes, milliseconds since 1970, big-endian.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Final, Self

from kpr_stream.errors import WireFormatError
from kpr_stream.model.delivery import Envelope

FACTS: Final = "kpr-delivery"
WRITTEN_AT: Final = "kpr-written-at"
_TIME_BYTES: Final = 8
_PLACE: Final = re.compile(r"[0-9]{4}|[0-9]{6}")
_VERSION: Final = re.compile(r"[A-Za-z0-9._-]{1,16}")
"""Forms of codes and versions. A sender may write anything, and other text is left out."""
_EPOCH: Final = date(1970, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFacts:
    """The facts of one delivery, as its sender claims them; None where they have no valid form."""

    municipality_code: str | None
    district_code: str | None
    software_version: str
    contract_version: str | None
    period_from: str | None
    period_to: str | None
    extracted_at: int
    """Milliseconds since 1970."""

    @classmethod
    def of(cls, envelope: Envelope) -> Self:
        """Return the facts of an envelope."""
        return cls(
            municipality_code=_of_form(_PLACE, envelope.municipality_code),
            district_code=_of_form(_PLACE, envelope.district_code or ""),
            software_version=envelope.software_version,
            contract_version=_of_form(_VERSION, envelope.contract_version),
            period_from=_day(envelope.period_from),
            period_to=_day(envelope.period_to),
            extracted_at=envelope.extracted_at,
        )

    def header(self) -> tuple[str, bytes]:
        """Return the header that carries the facts."""
        return FACTS, json.dumps(asdict(self), separators=(",", ":")).encode()


def facts_in(headers: Iterable[tuple[str, bytes]]) -> DeliveryFacts | None:
    """Return the facts in a receipt's headers; None if it has none.

    WireFormatError if they cannot be read.
    """
    packed = dict(headers).get(FACTS)
    if packed is None:
        return None
    try:
        return DeliveryFacts(**json.loads(packed))
    except (ValueError, TypeError):
        raise _unreadable(FACTS) from None


def written_at(milliseconds: int) -> tuple[str, bytes]:
    """Return the header that says when a receipt was handed to the broker."""
    return WRITTEN_AT, milliseconds.to_bytes(_TIME_BYTES, "big")


def written_at_in(headers: Iterable[tuple[str, bytes]]) -> int | None:
    """Return that time in ms since 1970, or None; WireFormatError if it cannot be read."""
    packed = dict(headers).get(WRITTEN_AT)
    if packed is not None and len(packed) != _TIME_BYTES:
        raise _unreadable(WRITTEN_AT)
    return None if packed is None else int.from_bytes(packed, "big")


def _of_form(form: re.Pattern[str], text: str) -> str | None:
    return text if form.fullmatch(text) else None


def _day(number: int) -> str | None:
    try:
        return (_EPOCH + timedelta(days=number)).isoformat()
    except OverflowError:
        return None


def _unreadable(name: str) -> WireFormatError:
    return WireFormatError(
        f"The header {name} of a receipt cannot be read.",
        what_to_do="Only the processor of this or an earlier release may write receipts.",
        code="UNDECODABLE",
    )
