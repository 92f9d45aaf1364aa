"""What differs between the four EPJ systems, as data: units, habits of writing time and numbers.

The official message is not public, so the habits are assumptions. What a system's own codes mean
comes from a file of its own (``local_codes``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from importlib import import_module

from kpr_stream.model.words import System


class WeightUnit(Enum):
    """How an export writes a weight; the value is what one unit of it is in grams."""

    GRAM = 1
    KILOGRAM = 1000


class LengthUnit(Enum):
    """How an export writes a length; the value is what one unit of it is in millimetres."""

    MILLIMETRE = 1
    CENTIMETRE = 10


class Clock(Enum):
    """How an export writes an instant."""

    OFFSET = "offset"  # 2025-03-01T10:15:00.0000000+01:00
    UTC = "utc"  # 2025-03-01T09:15:00Z
    LOCAL = "local"  # 2025-03-01T10:15:00, Norwegian time


CodeTable = Mapping[str, str]
"""Local code to the code of the contract."""

CODED_FIELDS = frozenset(
    {"service", "consultation_type", "contact_form", "attendance", "programme_step", "sex"}
    | {"breastfeeding", "practitioner_roles", "length_position", "weight_reason_not_measured"}
    | {"length_reason_not_measured", "head_circumference_reason_not_measured"}
)
"""Fields of the contract that a system may write in codes of its own."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One system's way of writing an export.

    ``codes`` holds a table for coded fields of the contract (``attendance``, ``service``…);
    a value that no table knows is passed on as it is, and the receiver's rules judge it.
    """

    system: System
    codes: Mapping[str, CodeTable] = field(default_factory=dict)
    weight_unit: WeightUnit = WeightUnit.GRAM
    length_unit: LengthUnit = LengthUnit.MILLIMETRE
    day_first_dates: bool = False
    """Dates may stand as 31.12.2024; ISO dates are always read."""
    clock: Clock = Clock.OFFSET
    """What it writes. Reading accepts all three: an instant without offset is Norwegian time."""
    ids_as_numbers: bool = False
    """Identifiers stand as JSON numbers, so that leading zeros are lost."""
    decimal_comma: bool = False
    """Measures stand as text with a decimal comma."""
    many_units: bool = False
    """One installation serves many units and writes them into common, large files."""


_MODULES: Mapping[System, str] = {
    System.VISMA_HSPRO: "visma_hspro",
    System.EG_INFODOC: "eg_infodoc",
    System.CGM_HELSESTASJON: "cgm_helsestasjon",
    System.HELSEPLATTFORMEN: "helseplattformen",
}


def profile_of(system: System) -> Profile:
    """How a system writes, without its codes (see ``local_codes``)."""
    found = import_module(f"kpr_stream.connectors.mapping.{_MODULES[system]}").PROFILE
    if not isinstance(found, Profile):
        raise TypeError(system)
    return found
