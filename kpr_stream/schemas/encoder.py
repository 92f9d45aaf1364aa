"""Write records from cached bytes of their values: fastavro's bytes, sooner.

Most fields of a cleaned record are codes, small numbers or null, and the same ones repeat. So each
field has a cache from value to bytes, and a record is joined from the caches; a record in a field
is joined likewise. fastavro writes a field of any other type. fastavro also writes the whole record
if a field is missing or a value is not of the expected type: it then says what is wrong.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from operator import getitem, itemgetter
from typing import Any, Final

import fastavro

from kpr_stream.model.by_value import ByValue, is_short
from kpr_stream.schemas.catalogue import Schema
from kpr_stream.schemas.zigzag import zigzag

Encode = Callable[[Any], bytes]
FRAME = struct.Struct(">bI")
"""Before every record: a zero byte and the schema's id."""
_DOUBLE = struct.Struct("<d").pack
_LONGS = range(-(2**63), 2**63)
_BOOLEANS = {True: b"\x01", False: b"\x00"}
UNUSUAL = (KeyError, TypeError, ValueError, AttributeError, struct.error)
"""Errors of a cache or a getter for a value or record of another type."""


class _BytesByList:
    """The same for lists of codes, looked up as tuples: a list is not hashable."""

    def __init__(self, table: ByValue[bytes]) -> None:
        self._table = table

    def __getitem__(self, value: Sequence[Any]) -> bytes:
        return self._table[tuple(value)]

    def column(self, values: Iterable[Sequence[Any]]) -> Iterable[bytes]:
        """Return the bytes of many lists, in their order."""
        return map(self._table.__getitem__, map(tuple, values))


class _BytesOfEach:
    """The bytes of values that have no cache: a record or a list is not hashable."""

    def __init__(self, encode: Encode) -> None:
        self._encode = encode

    def __getitem__(self, value: Any) -> bytes:  # noqa: ANN401 - whatever the field holds
        return self._encode(value)

    def column(self, values: Iterable[Any]) -> Iterable[bytes]:
        """Return the bytes of many values, in their order."""
        return map(self._encode, values)


class RecordEncoder:
    """A writer of records of one schema."""

    def __init__(self, written: Schema) -> None:
        fields = written.parsed["fields"]
        self._schema = written
        self._frame = FRAME.pack(0, written.id)
        self._fields = len(fields)
        self.defaults = {f["name"]: f["default"] for f in fields if "default" in f}
        self.tables = {f["name"]: _table(f["type"]) for f in fields}
        """The bytes of each field: of one value by ``[value]``, of many by ``column(values)``."""
        self._values = itemgetter(*written.field_names)
        self._tables = tuple(self.tables.values())

    def __call__(self, record: Mapping[str, Any]) -> bytes:
        """Return the framed bytes of a record; ValueError for a field not in the schema."""
        return self._frame + self.body(record)

    def body(self, record: Mapping[str, Any]) -> bytes:
        """Return the bytes of a record without a frame, as a container holds them."""
        whole = record if len(record) == self._fields else {**self.defaults, **record}
        if len(whole) == self._fields > 1:
            try:
                return b"".join(map(getitem, self._tables, self._values(whole)))
            except UNUSUAL:
                pass
        out = io.BytesIO()
        # Strict, because fastavro would silently drop a misspelt field and its value.
        fastavro.schemaless_writer(
            out, self._schema.parsed, dict(record), strict_allow_default=True
        )
        return out.getvalue()


@cache
def encoder(written: Schema) -> RecordEncoder:
    """Return the writer of a schema's records."""
    return RecordEncoder(written)


def _table(avro_type: Any) -> Any:  # noqa: ANN401 - a parsed Avro type is any JSON value
    if isinstance(avro_type, list) and len(avro_type) == 2 and avro_type[0] == "null":
        encode, keep = _plain(avro_type[1])
        return _kept(_nullable(encode), keep, avro_type[1])
    encode, keep = _plain(avro_type)
    return _kept(encode, keep, avro_type)


def _kept(encode: Encode, keep: Callable[[Any], bool], avro_type: Any) -> Any:  # noqa: ANN401
    kind = avro_type["type"] if isinstance(avro_type, dict) else avro_type
    if kind == "record" or (kind == "array" and keep is _never):
        return _BytesOfEach(encode)
    table = ByValue(encode, keep)
    return _BytesByList(table) if kind == "array" else table


def _plain(avro_type: Any) -> tuple[Encode, Callable[[Any], bool]]:  # noqa: ANN401
    kind = avro_type["type"] if isinstance(avro_type, dict) else avro_type
    if isinstance(kind, str) and kind in _BY_KIND:
        return _BY_KIND[kind]
    if kind == "array" and avro_type["items"] == "string":
        return _texts, _always
    if kind == "array":
        return _list_of(_table(avro_type["items"])), _never
    if kind == "record":
        return _record_of({f["name"]: _table(f["type"]) for f in avro_type["fields"]}), _never
    return _by_fastavro(avro_type), _never


def _nullable(encode: Encode) -> Encode:
    return lambda value: b"\x00" if value is None else b"\x02" + encode(value)


def _list_of(items: Any) -> Encode:  # noqa: ANN401 - a table of any kind
    def encode(values: Any) -> bytes:  # noqa: ANN401
        if type(values) is not list:
            raise TypeError
        return b"".join((_number(len(values)), *items.column(values), b"\x00" if values else b""))

    return encode


def _record_of(tables: Mapping[str, Any]) -> Encode:
    def encode(record: Any) -> bytes:  # noqa: ANN401
        # Other lengths: a default is missing, or a field is not in the schema.
        if type(record) is not dict or len(record) != len(tables):
            raise TypeError
        return b"".join([table[record[name]] for name, table in tables.items()])

    return encode


def _by_fastavro(avro_type: Any) -> Encode:  # noqa: ANN401
    def encode(value: Any) -> bytes:  # noqa: ANN401
        out = io.BytesIO()
        fastavro.schemaless_writer(out, avro_type, value, strict_allow_default=True)
        return out.getvalue()

    return encode


def _number(value: int) -> bytes:
    if type(value) is not int or value not in _LONGS:
        raise TypeError
    return zigzag(value)


def _text(value: str) -> bytes:
    data = value.encode()
    return _number(len(data)) + data


def _bytes(value: bytes) -> bytes:
    if type(value) is not bytes:
        raise TypeError
    return _number(len(value)) + value


def _texts(values: Sequence[str]) -> bytes:
    if not values:
        return b"\x00"
    return b"".join((_number(len(values)), *map(_text, values), b"\x00"))


def _always(_: Any) -> bool:  # noqa: ANN401
    return True


def _never(_: Any) -> bool:  # noqa: ANN401
    return False


_BY_KIND: Final[Mapping[str, tuple[Encode, Callable[[Any], bool]]]] = {
    "int": (_number, _always),
    "long": (_number, _always),
    "boolean": (_BOOLEANS.__getitem__, _always),
    "string": (_text, is_short),
    "double": (_DOUBLE, _never),
    "bytes": (_bytes, _never),
}
"""How values of a type are encoded, and which of them are cached."""
