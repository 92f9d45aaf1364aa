"""Leave out of a history what FHIR does not carry, so that truth and snapshots are of one world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from kpr_stream.model.words import MessageType
from kpr_stream.simulate.small.calendar import Slot
from kpr_stream.simulate.small.entries import Entry

NOT_CARRIED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "grade": "no element of R4 holds a school grade",
        "group_id": "an Encounter is one person's; R4 has no group consultation",
        "group_size": "the same",
        "maternity_discharge_date": "no element of R4 holds it",
        "municipality_code": "an Encounter is in the municipality of its unit",
    }
)
"""Fields of a visit that FHIR does not carry, with the reason. docs/vendor/fhir.md lists them."""


def carried(made: Mapping[MessageType, list[Slot]]) -> dict[MessageType, list[Slot]]:
    """Return a unit's history with the fields alone that FHIR carries."""
    return {
        kind: [replace(slot, upserts=[_carried(one) for one in slot.upserts]) for slot in slots]
        for kind, slots in made.items()
    }


def _carried(entry: Entry) -> Entry:
    if entry.content is None:
        return entry
    content = {name: one for name, one in entry.content.items() if name not in NOT_CARRIED}
    return replace(entry, content=content)
