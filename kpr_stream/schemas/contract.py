"""Name the records of a message type: its items as sent, its cleaned record.

Connector and processor both ask here, so a new version of a record is one entry in the catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kpr_stream.model.words import MessageType
from kpr_stream.schemas.catalogue import Schema, schema

ITEM_RECORDS: Final[Mapping[MessageType, str]] = {
    MessageType.CONSULTATION: "consultation_item",
    MessageType.APPOINTMENT: "appointment_item",
}
"""Name in the catalogue of the item record of each message type that has items."""

CLEANED_RECORDS: Final[Mapping[MessageType, str]] = {
    MessageType.CONSULTATION: "consultation",
    MessageType.APPOINTMENT: "appointment",
}
"""Name in the catalogue of the cleaned record of each message type that has items."""

ID_FIELDS: Final[Mapping[MessageType, str]] = {
    MessageType.CONSULTATION: "consultation_id",
    MessageType.APPOINTMENT: "appointment_id",
}
"""The item field that holds the sender's own id of the item."""


def item_schema(message_type: MessageType, version: int | None = None) -> Schema:
    """Return the item record of a message type: the version given, or the newest.

    ConfigurationError if this release has no such version.
    """
    return schema(ITEM_RECORDS[message_type], version)


def cleaned_schema(message_type: MessageType) -> Schema:
    """Return the newest version of a message type's cleaned record: that is written."""
    return schema(CLEANED_RECORDS[message_type])
