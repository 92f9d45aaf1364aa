"""Check whether one schema reads what another wrote, by Avro's own checker and one more rule.

Avro accepts a change of unit (timestamp-millis to timestamp-micros), because the bytes are the
same, but the values would be wrong by a factor of a thousand. So a logical type must not change.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import avro.schema
from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType

from kpr_stream.schemas.catalogue import Schema


def reading_problems(reader: str, writer: str) -> list[str]:
    """Say why a reader with the first schema (JSON) cannot read what the second wrote, if so."""
    checker = ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call] # theirs
    result = checker.get_compatibility(avro.schema.parse(reader), avro.schema.parse(writer))
    if result.compatibility is SchemaCompatibilityType.compatible:
        written = dict(_logical_types(json.loads(writer)))
        read = dict(_logical_types(json.loads(reader)))
        return [
            f"{path}: {written[path]} became {read[path]}"
            for path in sorted(written.keys() & read.keys())
            if written[path] != read[path]
        ]
    causes = ", ".join(sorted(i.value for i in result.incompatibilities))
    places = ", ".join(sorted(result.locations))
    return [f"{places}: {causes}: {', '.join(sorted(result.messages))}"]


def transitive_problems(versions: list[Schema]) -> list[str]:
    """Check BACKWARD_TRANSITIVE: every version reads all earlier ones of its record."""
    return [
        f"{newer.name} v{newer.version} does not read v{older.version}: {problem}"
        for older, newer in combinations(sorted(versions, key=lambda s: s.version), 2)
        for problem in reading_problems(newer.text, older.text)
    ]


def _logical_types(avro_type: Any, path: str = "") -> Iterator[tuple[str, str | None]]:
    """Yield the logical type (None without one) of every type, with its path in the schema."""
    if isinstance(avro_type, list):
        for branch in avro_type:
            if branch != "null":
                yield from _logical_types(branch, path)
    elif isinstance(avro_type, dict) and avro_type["type"] == "record":
        for field in avro_type["fields"]:
            yield from _logical_types(field["type"], f"{path}/{field['name']}")
    elif isinstance(avro_type, dict) and avro_type["type"] in {"array", "map"}:
        yield from _logical_types(avro_type.get("items", avro_type.get("values")), f"{path}/*")
    else:
        yield path, avro_type.get("logicalType") if isinstance(avro_type, dict) else None
