"""Writes the migration that comments tables and columns: ``python -m tools.database_comments``.

The texts are the docs of the Avro schemas; ``database_comments.toml`` has those that no schema has.
After the migration was applied anywhere, a changed text needs a new file: give ``FILE`` its name.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from kpr_stream.errors import ConfigurationError
from kpr_stream.schemas.catalogue import schema
from kpr_stream.sinks.tables import SOURCE_COLUMNS, STATUS, SinkKind, SinkTable, sink
from tests.support.repository import ROOT
from tools.generated import write

FILE: Final = ROOT / "kpr_stream" / "database" / "migrations" / "0013_comments.sql"
TEXTS: Final = ROOT / "tools" / "database_comments.toml"
_HEAD: Final = "-- Written by tools/database_comments.py from the docs of the Avro schemas.\n\n"


@dataclass(frozen=True, slots=True)
class Comments:
    """The comment of a table or view, and those of its columns."""

    relation: str
    text: str
    columns: Mapping[str, str]


@cache
def comments() -> tuple[Comments, ...]:
    """Return the comments of every table and view. ConfigurationError if a column has no text."""
    found = tomllib.loads(TEXTS.read_text("utf-8"))
    shared = found.pop("shared")
    return tuple(
        _comments(f"{place}.{name}", relation, shared)
        for place, relations in found.items()
        for name, relation in relations.items()
    )


def files() -> dict[Path, str]:
    """Return the migration."""
    return {FILE: _HEAD + "\n".join(_statements())}


def _statements() -> Iterator[str]:
    for one in comments():
        kind = "TABLE" if _is_table(one.relation) else "VIEW"
        yield f"COMMENT ON {kind} {one.relation} IS\n    {_literal(one.text)};"
        for column, text in one.columns.items():
            yield f"COMMENT ON COLUMN {one.relation}.{column} IS\n    {_literal(text)};"
        yield ""


def _is_table(relation: str) -> bool:
    content = sink(SinkKind.CONTENT)
    tables = {name for t in content.tables for name in (t.full_name, t.version_name)}
    tables |= {table.full_name for one in content.value_topics for table in one.tables}
    return relation in tables | {"content.sink_position"}


def _comments(name: str, relation: dict[str, Any], shared: Mapping[str, str]) -> Comments:
    docs = dict(shared)
    for record in reversed([*relation.get("like", ()), *_records(relation)]):
        docs |= _docs(record)
    docs |= {k: v for k, v in shared.items() if k.endswith("_items")} | relation.get("texts", {})
    columns = (*_mirrored(relation), *relation.get("columns", "").split())
    missing = [column for column in columns if column not in docs]
    if missing:
        raise ConfigurationError(
            f"{name} has columns without a text: {', '.join(missing)}.",
            what_to_do=f"Write it into {TEXTS.name}.",
        )
    return Comments(name, relation["comment"], {column: docs[column] for column in columns})


def _records(relation: Mapping[str, Any]) -> list[str]:
    return [relation[key] for key in ("mirror", "live") if key in relation]


def _mirrored(relation: Mapping[str, Any]) -> tuple[str, ...]:
    if "mirror" in relation:
        return _table(relation["mirror"]).column_names
    if "live" in relation:
        left_out = {STATUS, *(c.name for c in SOURCE_COLUMNS)}
        return tuple(c for c in _table(relation["live"]).column_names if c not in left_out)
    return ()


def _table(name: str) -> SinkTable:
    return next(t for t in sink(SinkKind.CONTENT).tables if t.name == name)


def _docs(record: str) -> dict[str, str]:
    """Return the doc of each field of a record, or of a record inside it (``name.field.field``)."""
    name, *path = record.split(".")
    fields = schema(name).parsed["fields"]
    for step in path:
        fields = _inner(next(f["type"] for f in fields if f["name"] == step))
    return {f["name"]: f["doc"] for f in fields}


def _inner(avro_type: Any) -> list[dict[str, Any]]:
    if isinstance(avro_type, list):
        avro_type = next(t for t in avro_type if t != "null")
    if avro_type["type"] == "array":
        return _inner(avro_type["items"])
    fields: list[dict[str, Any]] = avro_type["fields"]
    return fields


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


if __name__ == "__main__":
    write(files())
