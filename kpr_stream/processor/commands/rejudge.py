"""Judge again what was judged before: the frame stage for items that come from the log. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kpr_stream.model.delivery import (
    Arrived,
    Decrypted,
    DeliveryRefused,
    Envelope,
    Prepared,
    SourceRecord,
)
from kpr_stream.model.unit import millis
from kpr_stream.model.words import System

Prepare = Callable[[Sequence[Decrypted]], Sequence[Prepared | DeliveryRefused]]
"""Decodes, judges and enriches items by what is in force: one result a delivery, in order."""
EnrichAgain = Callable[[Sequence[Mapping[str, Any]]], Sequence[Mapping[str, Any]]]
"""Returns live consultations with what reference data gives them, as of today."""
Decrypt = Callable[[Arrived], Decrypted | DeliveryRefused]
"""Decrypts and checks a delivery."""


@dataclass(frozen=True, slots=True)
class Rejudge:
    """The stages that items are judged with, the same as for deliveries of today."""

    decrypt: Decrypt
    prepare: Prepare
    enrich_again: EnrichAgain


def as_delivery(item: Mapping[str, Any], clear: bytes, source: SourceRecord) -> Decrypted:
    """Return a quarantined item as a delivery of its own, as it was received at the time.

    ``source`` is the command's record; the item is judged as of its own broker time.
    """
    envelope = Envelope(
        delivery_id=item["delivery_id"],
        attempt=0,
        message_type=item["message_type"],
        contract_version=item["contract_version"],
        system=System(item["system"]),
        software_version=item["software_version"],
        org_nr=item["org_nr"],
        municipality_code=item["municipality_code"] or "",
        district_code=item["district_code"],
        sequence=item["sequence"],
        extracted_at=millis(item["extracted_at"]) or 0,
        item_count=1,
        content_digest=b"",
        encryption=None,
        payload=b"",
    )
    at = replace(source, received_at=millis(item["received_at"]) or 0, value=None)
    return Decrypted(Arrived(at, envelope), ((1, clear),))


def same_content(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two cleaned records differ in nothing but the versions that made them."""
    versions = ("rule_set_version", "reference_version")

    def plain(record: Mapping[str, Any]) -> str:
        kept = {name: value for name, value in record.items() if name not in versions}
        return json.dumps(kept, sort_keys=True, default=str)

    return plain(one) == plain(other)
