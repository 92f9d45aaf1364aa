"""Map a JSON object of an export to an item of the contract. Pure.

The rows of ``fields`` say what is read where. A value that the contract cannot represent becomes
null and its field is named in ``unreadable``: the receiver sets it aside and reports it, so no
single value costs a consultation. Identifiers are sent as the digits in the export; the receiver
pads them and warns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import groupby
from typing import Any, NamedTuple

from kpr_stream.connectors.export import values
from kpr_stream.connectors.export.values import UnreadableValueError
from kpr_stream.connectors.mapping.converters import Parse, Take, parser, taker
from kpr_stream.connectors.mapping.fields import DELETION_FLAG, Field
from kpr_stream.connectors.mapping.paths import fields_of, id_path
from kpr_stream.connectors.mapping.profile import Profile
from kpr_stream.model.words import MessageType, Operation
from kpr_stream.schemas.contract import ID_FIELDS, item_schema

Item = dict[str, Any]
"""A record of consultation_item or appointment_item; times as microseconds, dates as days."""


class _Value(NamedTuple):
    """A key of an object, how its value is parsed, and the fields that it fills."""

    key: str
    parse: Parse
    name: str
    """The first of the fields: it is named in ``unreadable`` if the value cannot be read."""
    fields: tuple[tuple[str, Take], ...] = ()
    """The fields that take something of the parsed value; without them ``name`` is the value."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """How the upserts of a message type are mapped for one profile."""

    blank: Mapping[str, Any]
    """Every field of the item schema with its default: null, or the empty list."""
    objects: tuple[tuple[str, tuple[_Value, ...]], ...]
    """By key of an object inside the item ("" for the item itself), in the order of the rows."""


def map_upsert(message_type: MessageType, source: Mapping[str, Any], profile: Profile) -> Item:
    """Return the item of a new or changed consultation or appointment."""
    return upsert_mapper(message_type, profile)(source)


def upsert_mapper(
    message_type: MessageType, profile: Profile
) -> Callable[[Mapping[str, Any]], Item]:
    """Return ``map_upsert`` for many of a message type and profile."""
    return partial(_mapped, _plan(message_type, profile))


def _mapped(plan: _Plan, source: Mapping[str, Any]) -> Item:
    unreadable: list[str] = []
    item: Item = {**plan.blank, "operation": Operation.UPSERT, "unreadable": unreadable}
    for key, wanted in plan.objects:
        found = source.get(key) if key else source
        if isinstance(found, dict):
            _read(wanted, found, item)
        elif found is not None:
            unreadable.extend(value.name for value in wanted)
    return item


def map_deletion(message_type: MessageType, source: Mapping[str, Any]) -> Item:
    """Return the item of a deletion entry: a delete only if the flag says so."""
    id_field, confirmed = ID_FIELDS[message_type], source.get(DELETION_FLAG)
    item: Item = {
        "operation": Operation.DELETE if confirmed is True else Operation.KEEP,
        id_field: None,
        "unreadable": [] if isinstance(confirmed, bool) else ["operation"],
    }
    _read((_Value(id_path(message_type), values.text, id_field),), source, item)
    return item


def deletion_of(message_type: MessageType, local_id: str | None) -> Item:
    """Return the item that deletes a consultation or appointment, by its local id."""
    return {
        "operation": Operation.DELETE,
        ID_FIELDS[message_type]: local_id,
        "unreadable": [],
    }


def _read(wanted: Iterable[_Value], found: Mapping[str, Any], item: Item) -> None:
    """Fill the fields of an object's values, or name them as unreadable."""
    for key, parse, name, fields in wanted:
        written = found.get(key)
        if written is None:
            continue
        try:
            parsed = parse(written)
        except UnreadableValueError:
            item["unreadable"].append(name)
            continue
        if parsed is None:
            continue
        if not fields:
            item[name] = parsed
        for one, take in fields:
            item[one] = take(parsed)


@lru_cache(maxsize=64)
def _plan(message_type: MessageType, profile: Profile) -> _Plan:
    written = item_schema(message_type)
    fields = fields_of(message_type)
    return _Plan(
        blank={f["name"]: f.get("default") for f in written.parsed["fields"]},
        objects=tuple(
            (key, tuple(_values(list(inside), profile)))
            for key, inside in groupby(fields, key=lambda field: _split(field.path)[0])
        ),
    )


def _values(fields: list[Field], profile: Profile) -> Iterator[_Value]:
    """Group neighbouring rows with one path: they share one parse."""
    for path, same in groupby(fields, key=lambda field: field.path):
        rows = list(same)
        taken = ((row.name, taker(row)) for row in rows)
        yield _Value(
            _split(path)[1],
            parser(rows[0], profile),
            rows[0].name,
            tuple((name, take) for name, take in taken if take is not None),
        )


def _split(path: str) -> tuple[str, str]:
    """Return the key of the inner object ("" for none) and the key in it."""
    outer, _, key = path.rpartition("/")
    return outer, key
