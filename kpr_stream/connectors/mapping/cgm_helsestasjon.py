"""CGM Helsestasjon: mostly the contract's own codes, decimal commas, day-first dates, UTC.

Its local codes are read from a file of the vendor's (``local_codes``).
"""

from __future__ import annotations

from kpr_stream.connectors.mapping.profile import Clock, LengthUnit, Profile, WeightUnit
from kpr_stream.model.words import System

PROFILE = Profile(
    system=System.CGM_HELSESTASJON,
    weight_unit=WeightUnit.KILOGRAM,
    length_unit=LengthUnit.CENTIMETRE,
    day_first_dates=True,
    clock=Clock.UTC,
    decimal_comma=True,
)
