"""Items from a Python program as a source: no files in between.

An EPJ that is written in Python makes a ``Submission`` of each unit's new, changed and deleted
items, in the contract's own fields and codes, and runs the connector with them
(docs/vendor/connect.md shows it).
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import fastavro
from fastavro.validation import validate

from kpr_stream.connectors.export.names import shown
from kpr_stream.connectors.mapping.items import Item
from kpr_stream.connectors.source.interface import (
    Document,
    DocumentSeries,
    Extent,
    ItemPlace,
    Made,
    Pending,
    Removal,
    UnitPart,
)
from kpr_stream.errors import ExportError
from kpr_stream.model.json_text import named
from kpr_stream.model.limits import CLOCK_TOLERANCE_MS, FIRST_EXTRACTION_MS
from kpr_stream.model.org_numbers import is_org_nr
from kpr_stream.model.words import MessageType, Operation
from kpr_stream.schemas.contract import item_schema

UNKNOWN_SOFTWARE = "unknown"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What one unit reports at one time.

    ``name`` recognises the submission after an interruption: one name and content is sent once.
    ``items`` have the fields of the item contract (``avro_schemas/``); a field that is absent is
    null. ``extracted_at`` has a time zone: newer content wins by it.
    """

    name: str
    org_nr: str
    municipality_code: str
    message_type: MessageType
    period_from: date
    period_to: date
    extracted_at: datetime
    items: Sequence[Mapping[str, Any]]
    district_code: str | None = None


@dataclass(frozen=True, slots=True)
class InProcess:
    """A source of submissions, sent in their order. Those of different units are one series."""

    submissions: Sequence[Submission]
    software_version: str = UNKNOWN_SOFTWARE
    synthetic_units: bool = False
    """A test environment takes synthetic org numbers."""

    @property
    def kind(self) -> str:
        """Return what is read, for people."""
        return "items of a program"

    def series(self) -> list[DocumentSeries]:
        """Return all submissions as one series."""
        pending = tuple(
            Pending(shown(one.name), lambda one=one: self._open(one))  # type: ignore[misc]
            for one in self.submissions
        )
        return [DocumentSeries(pending, self.software_version)] if pending else []

    def _open(self, one: Submission) -> Document:
        if not is_org_nr(one.org_nr, synthetic_too=self.synthetic_units):
            raise _bad(one, "org_nr is not a valid organisation number")
        if not re.fullmatch(r"[0-9]{4}", one.municipality_code):
            raise _bad(one, "municipality_code is not 4 digits")
        if one.extracted_at.tzinfo is None:
            raise _bad(one, "extracted_at has no time zone")
        items = [_item(one, at, item) for at, item in enumerate(one.items)]
        return _Submitted(one, items, _digest(one, items))


@dataclass(frozen=True, slots=True)
class _Submitted:
    one: Submission
    items: list[Item]
    digest: str

    @property
    def name(self) -> str:
        return self.one.name

    @property
    def whole(self) -> bool:
        return True

    @property
    def span(self) -> Extent:
        at = (self.one.extracted_at - _EPOCH) // timedelta(milliseconds=1)
        return Extent(
            period_from=self.one.period_from, period_to=self.one.period_to, extracted_at=at
        )

    def require_usable(self, *, now_ms: int) -> None:
        if not FIRST_EXTRACTION_MS <= self.span.extracted_at <= now_ms + CLOCK_TOLERANCE_MS:
            raise _bad(self.one, "extracted_at is before 2017 or in the future")

    def parts(self, units: AbstractSet[str] | None) -> Iterator[UnitPart]:
        if units is None or self.one.org_nr in units:
            place = shown(self.name)
            yield UnitPart(
                org_nr=self.one.org_nr,
                municipality_code=self.one.municipality_code,
                district_code=self.one.district_code,
                message_type=self.one.message_type,
                place=ItemPlace(place, ""),
                make=lambda: Made(self.items, lambda at: ItemPlace(place, f"/items/{at}")),
            )

    def removals(self) -> Iterator[Sequence[Removal]]:
        return iter(())

    def close(self) -> None:
        pass


def _item(one: Submission, at: int, given: Mapping[str, Any]) -> Item:
    """Return an item with every field; ExportError names the field that the contract cannot take,
    without its value."""
    schema = item_schema(one.message_type).parsed
    fields = {field["name"]: field for field in schema["fields"]}
    for key in given:
        if key not in fields:
            raise _bad(one, f"/items/{at} has {named('field', str(key))}, which is not a field")
    item = {name: given.get(name, field.get("default")) for name, field in fields.items()}
    for name, value in item.items():
        if not validate(value, fields[name]["type"], raise_errors=False):
            raise _bad(one, f"/items/{at}/{name} has a value of the wrong type")
    if item["operation"] not in tuple(Operation):
        raise _bad(one, f"/items/{at}/operation is not {', '.join(Operation)}")
    return item


def _digest(one: Submission, items: list[Item]) -> str:
    out = io.BytesIO()
    for item in items:
        fastavro.schemaless_writer(out, item_schema(one.message_type).parsed, item)
    heading = (one.org_nr, one.message_type, one.period_from, one.period_to, one.extracted_at)
    return hashlib.sha256(repr(heading).encode() + out.getvalue()).hexdigest()


def _bad(one: Submission, why: str) -> ExportError:
    return ExportError(
        f"The submission {shown(one.name)} cannot be used: {why}.",
        what_to_do="Correct the program that made it; nothing of this submission was sent.",
    )
