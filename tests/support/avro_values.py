"""Make Hypothesis strategies from Avro schemas: every value that a schema allows, with edges."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import strategies as st

INT = st.integers(-(2**31), 2**31 - 1)
LONG = st.integers(-(2**63), 2**63 - 1)
UTC = st.just(dt.UTC)
INSTANTS = st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(2200, 1, 1), timezones=UTC)  # noqa: DTZ001 - hypothesis takes bounds without a zone

PRIMITIVES: dict[str, st.SearchStrategy[Any]] = {
    "null": st.none(),
    "boolean": st.booleans(),
    "int": INT,
    "long": LONG,
    "double": st.floats(allow_nan=False),
    "string": st.text(max_size=40),
    "bytes": st.binary(max_size=40),
}

LOGICAL: dict[str, st.SearchStrategy[Any]] = {
    "date": st.dates(dt.date(1900, 1, 1), dt.date(2200, 1, 1)),
    "timestamp-millis": INSTANTS.map(
        lambda t: t.replace(microsecond=t.microsecond // 1000 * 1000),
    ),
    "timestamp-micros": INSTANTS,
}


def values(
    avro_type: Any, named: dict[str, st.SearchStrategy[Any]] | None = None
) -> st.SearchStrategy[Any]:
    """Return a strategy for an Avro type, in fastavro's values. KeyError for a type not used."""
    named = {} if named is None else named
    if isinstance(avro_type, str):
        return PRIMITIVES[avro_type] if avro_type in PRIMITIVES else named[avro_type]
    if isinstance(avro_type, list):
        return st.one_of([values(branch, named) for branch in avro_type])
    kind = avro_type["type"]
    if kind == "record":
        fields = {f["name"]: values(f["type"], named) for f in avro_type["fields"]}
        record = st.fixed_dictionaries(fields)
        named[avro_type["name"]] = record
        return record
    if kind == "array":
        return st.lists(values(avro_type["items"], named), max_size=3)
    if kind == "map":
        return st.dictionaries(st.text(max_size=10), values(avro_type["values"], named), max_size=3)
    logical = avro_type.get("logicalType")
    return LOGICAL[logical] if logical else values(kind, named)
