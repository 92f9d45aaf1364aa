"""Judge again what was judged before: the frame stage for items that come from the log. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kpr_stream.model.delivery import (
    Arrived,
    Decrypted,
    Envelope,
    Prepared,
    Refused,
    SourceRecord,
)
from kpr_stream.model.unit import millis
from kpr_stream.model.words import System

Prepare = Callable[[Sequence[Decrypted]], Sequence[Prepared | Refused]]
"""Items read, judged and enriched by what is in force; one result a delivery, in their order."""
EnrichAgain = Callable[[Sequence[Mapping[str, Any]]], Sequence[Mapping[str, Any]]]
"""Live consultations with what comes from reference data made anew."""
Decrypt = Callable[[Arrived], Decrypted | Refused]
"""A delivery decrypted and checked."""


@dataclass(frozen=True, slots=True)
class Rejudge:
    """What items are judged with, as for deliveries that come today."""

    decrypt: Decrypt
    prepare: Prepare
    enrich_again: EnrichAgain


def as_delivery(item: Mapping[str, Any], clear: bytes, source: SourceRecord) -> Decrypted:
    """A quarantined item as a delivery of its own, as it was received at the time.

    ``source`` is the command that asks; the item is judged as of its own broker time.
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
    at = SourceRecord(
        source.topic_index,
        source.partition,
        source.offset,
        millis(item["received_at"]) or 0,
        source.key,
        None,
    )
    return Decrypted(Arrived(at, envelope), ((1, clear),))


def same_content(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two cleaned records say the same, but for what they were judged and enriched by."""
    versions = ("rule_set_version", "reference_version")

    def plain(record: Mapping[str, Any]) -> str:
        kept = {name: value for name, value in record.items() if name not in versions}
        return json.dumps(kept, sort_keys=True, default=str)

    return plain(one) == plain(other)
