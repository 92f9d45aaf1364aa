"""Where in an export file an item and its fields stand, as JSON pointers (RFC 6901). Pure."""

from __future__ import annotations

from dataclasses import dataclass

from kpr_stream.connectors.mapping.fields import DELETION_FLAG
from kpr_stream.connectors.mapping.items import Item
from kpr_stream.connectors.mapping.paths import export_paths, id_path
from kpr_stream.model.words import MessageType, Operation
from kpr_stream.rules.rule import Rule
from kpr_stream.schemas.contract import ID_FIELDS

_OF_THE_UNIT = {"municipality_code": "kommuneNr", "district_code": "bydelNr"}
"""Where an item names no place its unit's counts, and so that one is what is wrong."""


@dataclass(frozen=True, slots=True)
class Spot:
    """An item's place in the file."""

    message_type: MessageType
    unit: int
    list: str
    at: int

    @property
    def pointer(self) -> str:
        """To the item."""
        return f"/{self.unit}/{self.list}/{self.at}"


@dataclass(frozen=True, slots=True)
class SentItem:
    """An item as the connector maps it, and where it came from."""

    spot: Spot
    mapped: Item
    not_read: tuple[str, ...] = ()
    """Paths of what stands there and the format does not have."""

    def fields_of(self, rule: Rule) -> list[str]:
        """The fields that a finding is about: for what could not be read, each such field."""
        if rule.field == "unreadable":
            return list(dict.fromkeys(self.mapped["unreadable"]))
        return [rule.field]

    def pointer_to(self, field: str) -> str:
        """To a field of the contract; to the item where no single field of the file is meant."""
        kind = self.spot.message_type
        if self.mapped["operation"] != Operation.UPSERT:
            names = {ID_FIELDS[kind]: id_path(kind), "operation": DELETION_FLAG}
            path = names.get(field)
        elif field in _OF_THE_UNIT and self.mapped.get(field) is None:
            return f"/{self.spot.unit}/{_OF_THE_UNIT[field]}"
        else:
            path = export_paths(kind).get(field)
        return f"{self.spot.pointer}/{path}" if path else self.spot.pointer
