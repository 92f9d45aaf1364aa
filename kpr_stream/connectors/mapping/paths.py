"""The path of each contract field in an item of the export format. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from kpr_stream.connectors.mapping.fields import FIELDS, Field
from kpr_stream.model.words import MessageType
from kpr_stream.schemas.contract import ID_FIELDS, item_schema


@cache
def fields_of(message_type: MessageType) -> tuple[Field, ...]:
    """Return the rows that apply to a message type: its item schema has the field."""
    known = frozenset(item_schema(message_type).field_names)
    return tuple(field for field in FIELDS if field.name in known)


@cache
def export_paths(message_type: MessageType) -> Mapping[str, str]:
    """Return the path of each contract field of a message type, by its name.

    ``operation`` and ``unreadable`` have no path: they follow from the list that an item is in,
    and from what could not be read.
    """
    return {field.name: field.path for field in fields_of(message_type)}


def id_path(message_type: MessageType) -> str:
    """Return the key of an item's own id, in upserts and deletions alike."""
    return export_paths(message_type)[ID_FIELDS[message_type]]
