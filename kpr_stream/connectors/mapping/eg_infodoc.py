"""EG Infodoc: identifiers as JSON numbers, kilograms, centimetres, instants without offset.

Its local codes are read from a file of the vendor's (``local_codes``).
"""

from __future__ import annotations

from kpr_stream.connectors.mapping.profile import Clock, LengthUnit, Profile, WeightUnit
from kpr_stream.model.words import System

PROFILE = Profile(
    system=System.EG_INFODOC,
    weight_unit=WeightUnit.KILOGRAM,
    length_unit=LengthUnit.CENTIMETRE,
    clock=Clock.LOCAL,
    ids_as_numbers=True,
)
