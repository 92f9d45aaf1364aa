"""Describe how EPJ systems differ: units, and how times and numbers are written.

The values are rows of the mapping tables (``tables/``, read by ``table``). A system's own codes
come from a file of the vendor's (``local_codes``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from kpr_stream.model.words import System


class WeightUnit(Enum):
    """How an export writes a weight; the value is one unit in grams."""

    GRAM = 1
    KILOGRAM = 1000


class LengthUnit(Enum):
    """How an export writes a length; the value is one unit in millimetres."""

    MILLIMETRE = 1
    CENTIMETRE = 10


class Clock(Enum):
    """How an export writes an instant."""

    OFFSET = "offset"  # 2025-03-01T10:15:00.0000000+01:00
    UTC = "utc"  # 2025-03-01T09:15:00Z
    LOCAL = "local"  # 2025-03-01T10:15:00, Norwegian time


CodeTable = Mapping[str, str]
"""Local code to the code of the contract."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How one system writes an export."""

    system: System
    codes: Mapping[str, CodeTable] = field(default_factory=dict, hash=False)
    """A table for each coded field of the contract. A code that no table has is sent unchanged;
    the receiver's rules judge it. Not hashed, so that what follows from a profile can be cached;
    equal profiles have equal codes."""
    code_systems: Mapping[str, str] = field(default_factory=dict, hash=False)
    """FHIR: the code system in which the system writes its own codes of a field."""
    id_systems: Mapping[str, str] = field(default_factory=dict, hash=False)
    """FHIR: the system of the identifier that is the local id, by the field of the id."""
    weight_unit: WeightUnit = WeightUnit.GRAM
    length_unit: LengthUnit = LengthUnit.MILLIMETRE
    day_first_dates: bool = False
    """Dates may be written as 31.12.2024; ISO dates are always read."""
    clock: Clock = Clock.OFFSET
    """The form that the system writes. All three are read: an instant without offset is Norwegian
    time."""
    ids_as_numbers: bool = False
    """Identifiers are written as JSON numbers, which lose leading zeros."""
    decimal_comma: bool = False
    """Measures are written as text with a decimal comma."""
    many_units: bool = False
    """One installation serves many units and writes them into common, large files."""
