"""The bare work of a delivery in Python: decode, hash, encode. Pure; needs fastavro alone."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

import fastavro

INPUT: Final = "bench.peers.deliveries"
FRAME_BYTES: Final = 5
"""A zero byte and the schema's id, before every delivery."""
_ROOT: Final = Path(__file__).parents[3]
_SCHEMAS: Final = _ROOT / "avro_schemas"
_OUTPUT: Final = Path(__file__).parents[1] / "output.avsc"


class Item(NamedTuple):
    """One item of a delivery, before anybody asks whether it is known."""

    key: str
    digest: bytes
    """sha256 of the item's Avro bytes."""
    org_nr: str
    fields: dict[str, Any]


def output_topic(name: str) -> str:
    """Return the topic that a peer writes."""
    return f"bench.peers.{name}"


def items_of(value: bytes) -> Iterator[Item]:
    """Yield the items of a record of the input topic."""
    envelope = _read(io.BytesIO(value[FRAME_BYTES:]), _framed_schema(value[:FRAME_BYTES]))
    org_nr = envelope["org_nr"]
    blocks: Any = fastavro.block_reader(io.BytesIO(envelope["payload"]))
    for block in blocks:
        body = block.bytes_
        whole, begin = body.getvalue(), body.tell()
        for _ in range(block.num_records):
            fields = _read(body, _schema("consultation_item"))
            end = body.tell()
            digest = sha256(whole[begin:end]).digest()
            yield Item(f"{org_nr}|{fields['consultation_id']}", digest, org_nr, fields)
            begin = end


def encoded(item: Item) -> bytes:
    """Return the value of an item's output record."""
    schema = output_schema()
    fields, out = item.fields, io.BytesIO()
    reduced = {name: fields.get(name) for name in _output_names()} | {"org_nr": item.org_nr}
    fastavro.schemaless_writer(out, schema, reduced)
    return out.getvalue()


def decoded(value: bytes) -> dict[str, Any]:
    """Return the fields of an output record; ValueError if bytes are left over."""
    body = io.BytesIO(value)
    fields = _read(body, output_schema())
    if body.tell() != len(value):
        raise ValueError(f"{len(value) - body.tell()} bytes are left over after the record.")
    return fields


@cache
def output_schema() -> Any:  # noqa: ANN401 - as fastavro parses it
    """Return the schema of the output records, with times as numbers."""
    return _parsed(_OUTPUT)


def _read(body: io.BytesIO, schema: Any) -> dict[str, Any]:  # noqa: ANN401 - as fastavro parses it
    record: Any = fastavro.schemaless_reader(body, schema, None)
    found: dict[str, Any] = record
    return found


@cache
def _output_names() -> tuple[str, ...]:
    return tuple(field["name"] for field in output_schema()["fields"])


@cache
def _framed_schema(frame: bytes) -> Any:  # noqa: ANN401 - as fastavro parses it
    wanted = int.from_bytes(frame[1:], "big")
    return _parsed(_SCHEMAS / next(v["file"] for v in _versions("delivery") if v["id"] == wanted))


@cache
def _schema(name: str) -> Any:  # noqa: ANN401 - as fastavro parses it
    return _parsed(_SCHEMAS / _versions(name)[-1]["file"])


def _versions(name: str) -> list[dict[str, Any]]:
    catalogue = json.loads((_SCHEMAS / "catalogue.json").read_text("utf-8"))
    found: list[dict[str, Any]] = catalogue[name]
    return found


def _parsed(file: Path) -> Any:  # noqa: ANN401 - as fastavro parses it
    return fastavro.parse_schema(_plain(json.loads(file.read_text("utf-8"))))


def _plain(node: Any) -> Any:  # noqa: ANN401 - a node of a schema
    """Leave out logical types: no peer needs a date as more than its number."""
    if isinstance(node, list):
        return [_plain(branch) for branch in node]
    if isinstance(node, dict):
        if "logicalType" in node:
            return node["type"]
        return {name: _plain(part) for name, part in node.items()}
    return node
