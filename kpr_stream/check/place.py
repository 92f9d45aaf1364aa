"""Point to an item and its fields in an export file (RFC 6901). Pure."""

from __future__ import annotations

from dataclasses import dataclass

from kpr_stream.connectors.mapping.fields import DELETION_FLAG
from kpr_stream.connectors.mapping.items import Item
from kpr_stream.connectors.mapping.paths import export_paths, id_path
from kpr_stream.model.words import MessageType, Operation
from kpr_stream.rules.rule import Rule
from kpr_stream.schemas.contract import ID_FIELDS

_OF_THE_UNIT = {"municipality_code": "kommuneNr", "district_code": "bydelNr"}
"""Keys of the unit's place. An item without a place has its unit's, so findings point there."""


@dataclass(frozen=True, slots=True)
class Spot:
    """The place of an item in the file."""

    message_type: MessageType
    unit: int
    list: str
    at: int

    @property
    def pointer(self) -> str:
        """Return the pointer to the item."""
        return f"/{self.unit}/{self.list}/{self.at}"


@dataclass(frozen=True, slots=True)
class SentItem:
    """An item as the connector maps it, and its place in the file."""

    spot: Spot
    mapped: Item
    not_read: tuple[str, ...] = ()
    """Paths of keys that the format does not have."""

    def fields_of(self, rule: Rule) -> list[str]:
        """Return the fields that a finding is about; several if they are unreadable."""
        if rule.field == "unreadable":
            return list(dict.fromkeys(self.mapped["unreadable"]))
        return [rule.field]

    def pointer_to(self, field: str) -> str:
        """Return the pointer to a field; to the item if the field has no key of its own."""
        kind = self.spot.message_type
        if self.mapped["operation"] != Operation.UPSERT:
            names = {ID_FIELDS[kind]: id_path(kind), "operation": DELETION_FLAG}
            path = names.get(field)
        elif field in _OF_THE_UNIT and self.mapped.get(field) is None:
            return f"/{self.spot.unit}/{_OF_THE_UNIT[field]}"
        else:
            path = export_paths(kind).get(field)
        return f"{self.spot.pointer}/{path}" if path else self.spot.pointer
