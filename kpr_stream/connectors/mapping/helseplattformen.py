"""Helseplattformen: one sender for many units in large files, prefixed codes, grams.

Its local codes are read from a file of the vendor's (``local_codes``).
"""

from __future__ import annotations

from kpr_stream.connectors.mapping.profile import LengthUnit, Profile
from kpr_stream.model.words import System

PROFILE = Profile(
    system=System.HELSEPLATTFORMEN,
    length_unit=LengthUnit.CENTIMETRE,
    many_units=True,
)
