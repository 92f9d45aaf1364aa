"""Load the schemas of this release, with ids fixed in ``avro_schemas/``.

No server hands out ids. A record written today is readable by the same id for as long as the
register exists, also without a schema registry.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import fastavro

from kpr_stream.errors import ConfigurationError

SchemaJson = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Schema:
    """One version of one record; fastavro reads and writes with ``parsed``."""

    name: str
    version: int
    id: int
    text: str
    parsed: SchemaJson = field(compare=False)

    @property
    def field_names(self) -> tuple[str, ...]:
        """Return the top-level fields in the order of the record."""
        return tuple(f["name"] for f in self.parsed["fields"])


@cache
def all_schemas() -> tuple[Schema, ...]:
    """Return every version of every record, in the order of the catalogue."""
    folder = files("kpr_stream.avro_schemas")
    listed = json.loads(folder.joinpath("catalogue.json").read_text("utf-8"))
    found = []
    for name, versions in listed.items():
        for entry in versions:
            text = folder.joinpath(entry["file"]).read_text("utf-8")
            parsed = fastavro.parse_schema(json.loads(text))
            if not isinstance(parsed, dict):
                raise ConfigurationError(
                    f"The schema {entry['file']} is not a record.",
                    what_to_do="Every schema in avro_schemas/ must be one record.",
                )
            schema_json = _in_fixed_order(parsed)
            found.append(Schema(name, entry["version"], entry["id"], text, schema_json))
    return tuple(found)


def _in_fixed_order(parsed: SchemaJson) -> SchemaJson:
    """Return a parsed schema with its keys sorted.

    fastavro 1.13 orders the keys of a field by Python's hash seed, and writes them into every
    container: the same items would have another digest after a restart.
    """
    ordered: SchemaJson = json.loads(json.dumps(parsed, sort_keys=True))
    return ordered


@cache
def schemas_by_id() -> dict[int, Schema]:
    """Return every schema by the id on the wire."""
    return {s.id: s for s in all_schemas()}


@cache
def schema(name: str, version: int | None = None) -> Schema:
    """Return a record's schema: the version given, or the newest.

    ConfigurationError if unknown.
    """
    versions = [s for s in all_schemas() if s.name == name]
    chosen = [s for s in versions if version is None or s.version == version]
    if not chosen:
        raise ConfigurationError(
            f"There is no schema {name} version {version or 'any'} in this release.",
            what_to_do="See avro_schemas/catalogue.json for the names and versions there are.",
        )
    return max(chosen, key=lambda s: s.version)


def contract_versions() -> tuple[tuple[str, int], ...]:
    """Return name and version of every schema that this release reads."""
    return tuple((found.name, found.version) for found in all_schemas())
