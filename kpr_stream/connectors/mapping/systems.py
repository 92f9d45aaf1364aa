"""The four EPJ systems, one row each: units of weight and length, clocks, numbers. Data only.

The unit of a measure follows from the system, never from the value.

No vendor has published how its system writes. Each row therefore says why it is assumed. A row
that a vendor has confirmed will name its source instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kpr_stream.connectors.mapping.profile import Clock, LengthUnit, Profile, WeightUnit
from kpr_stream.model.words import System

_NOT_PUBLIC: Final = "The official message is not public, so the system's habits are assumptions."

PROFILES: Final[Mapping[System, Profile]] = {
    profile.system: profile
    for profile in (
        # Codes as small numbers, grams, millimetres, instants with seven decimals.
        Profile(
            system=System.VISMA_HSPRO,
            assumed=_NOT_PUBLIC,
            weight_unit=WeightUnit.GRAM,
            length_unit=LengthUnit.MILLIMETRE,
            day_first_dates=False,
            clock=Clock.OFFSET,
            ids_as_numbers=False,
            decimal_comma=False,
            many_units=False,
        ),
        # Identifiers as JSON numbers, kilograms, centimetres, instants without offset.
        Profile(
            system=System.EG_INFODOC,
            assumed=_NOT_PUBLIC,
            weight_unit=WeightUnit.KILOGRAM,
            length_unit=LengthUnit.CENTIMETRE,
            day_first_dates=False,
            clock=Clock.LOCAL,
            ids_as_numbers=True,
            decimal_comma=False,
            many_units=False,
        ),
        # Mostly the contract's own codes, decimal commas, day-first dates, UTC.
        Profile(
            system=System.CGM_HELSESTASJON,
            assumed=_NOT_PUBLIC,
            weight_unit=WeightUnit.KILOGRAM,
            length_unit=LengthUnit.CENTIMETRE,
            day_first_dates=True,
            clock=Clock.UTC,
            ids_as_numbers=False,
            decimal_comma=True,
            many_units=False,
        ),
        # One sender for many units in large files, prefixed codes, grams.
        Profile(
            system=System.HELSEPLATTFORMEN,
            assumed=_NOT_PUBLIC,
            weight_unit=WeightUnit.GRAM,
            length_unit=LengthUnit.CENTIMETRE,
            day_first_dates=False,
            clock=Clock.OFFSET,
            ids_as_numbers=False,
            decimal_comma=False,
            many_units=True,
        ),
    )
}


def profile_of(system: System) -> Profile:
    """Return how a system writes, without its codes (see ``local_codes``)."""
    return PROFILES[system]
