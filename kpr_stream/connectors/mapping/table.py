"""Read a system's mapping table: how it writes exports, and which code pairs mean what.

A table is a data file in ``tables/``, one a system. Each row is ``confirmed`` and names its source,
or ``assumed`` and says why. The pages in docs/vendor/systems are made from the tables.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Annotated, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from kpr_stream.connectors.mapping.fields import CODED_FIELDS, FIELDS
from kpr_stream.errors import ConfigurationError
from kpr_stream.model.words import System

TABLE_VERSION = 1
"""The form of the files that this release reads."""
_NAMES = frozenset(field.name for field in FIELDS)
_RowT = TypeVar("_RowT", bound="TableRow")
_TEXT = Annotated[str, Field(min_length=1, max_length=300)]


class RowStatus(StrEnum):
    """How certain a row is."""

    CONFIRMED = "confirmed"
    ASSUMED = "assumed"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TableRow(_Strict):
    """A row and what it rests on: a source if it is confirmed, else a reason."""

    status: RowStatus
    source: _TEXT | None = None
    reason: _TEXT | None = None

    @model_validator(mode="after")
    def _rests_on_something(self) -> Self:
        wanted = "source" if self.status is RowStatus.CONFIRMED else "reason"
        if getattr(self, wanted) is None:
            raise ValueError(f"a row that is {self.status} needs a {wanted}")
        return self

    @property
    def ground(self) -> str:
        """Return the source, or the reason."""
        return self.source or self.reason or ""


class TextHabit(TableRow):
    """A habit whose value is a word."""

    value: _TEXT


class YesHabit(TableRow):
    """A habit that a system has or has not."""

    value: bool


class Habits(_Strict):
    """How a system writes the files of the export format."""

    weight_unit: TextHabit
    length_unit: TextHabit
    day_first_dates: YesHabit
    clock: TextHabit
    ids_as_numbers: YesHabit
    decimal_comma: YesHabit
    many_units: YesHabit


class CodePair(TableRow):
    """A code of a code system and what it means in a coded field of the contract."""

    field: _TEXT
    system: _TEXT
    code: _TEXT
    value: _TEXT

    @model_validator(mode="after")
    def _of_a_coded_field(self) -> Self:
        if self.field not in CODED_FIELDS:
            raise ValueError(f"{self.field} is not a coded field of the contract")
        return self


class MeasureRow(TableRow):
    """A code of an Observation and the field that its value fills."""

    field: _TEXT
    system: _TEXT
    code: _TEXT
    position: str | None = None
    """``length_position``, where the code itself says how the child was measured."""

    @model_validator(mode="after")
    def _of_a_field(self) -> Self:
        return _known(self, self.field)


class IdentifierRow(TableRow):
    """A system of identifiers and the field that its value fills."""

    field: _TEXT
    system: _TEXT

    @model_validator(mode="after")
    def _of_a_field(self) -> Self:
        return self if self.field == "org_nr" else _known(self, self.field)


class Ignored(TableRow):
    """A code system whose codes mean nothing to the register: they are not reported as unknown."""

    system: _TEXT


class FhirRows(_Strict):
    """How a system's FHIR resources are read."""

    pairs: tuple[CodePair, ...]
    measures: tuple[MeasureRow, ...]
    identifiers: tuple[IdentifierRow, ...]
    ignored: tuple[Ignored, ...] = ()

    @model_validator(mode="after")
    def _no_row_twice(self) -> Self:
        keys = [
            *((row.field, row.system, row.code) for row in self.pairs),
            *(("", row.system, row.code) for row in self.measures),
            *((row.system,) for row in self.identifiers),
        ]
        if len(set(keys)) != len(keys):
            raise ValueError("a row is there twice")
        return self


class SystemTable(_Strict):
    """The mapping table of one system."""

    version: int
    system: System
    name: _TEXT
    habits: Habits
    fhir: FhirRows | None = None
    """None: nothing is known of FHIR from this system, and FHIR is refused for it."""

    @model_validator(mode="after")
    def _of_a_known_form(self) -> Self:
        if self.version != TABLE_VERSION:
            raise ValueError(f"the version is not {TABLE_VERSION}")
        return self


@cache
def table_of(system: System) -> SystemTable:
    """Return a system's table, read once; ConfigurationError if the file cannot be used."""
    name = f"{system}.toml"
    text = files("kpr_stream.connectors.mapping").joinpath("tables", name).read_text("utf-8")
    return parse_table(text, name=name, system=system)


def parse_table(text: str, *, name: str, system: System) -> SystemTable:
    """Return the table in a TOML text; ConfigurationError names the row and the cause."""
    try:
        found = SystemTable.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as cause:
        raise _unusable(name, f"it is not TOML: {cause}") from None
    except ValidationError as cause:
        first = cause.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise _unusable(name, f"{where}: {first['msg']}") from None
    if found.system is not system:
        raise _unusable(name, f"it is the table of {found.system}")
    return found


def all_tables() -> Mapping[System, SystemTable]:
    """Return every system's table."""
    return {system: table_of(system) for system in System}


def _known(row: _RowT, field: str) -> _RowT:
    if field not in _NAMES:
        raise ValueError(f"{field} is not a field of the contract")
    return row


def _unusable(name: str, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"The mapping table {name} of this package cannot be used: {why}.",
        what_to_do="Install the package again; after a change of the table, correct that row.",
    )
