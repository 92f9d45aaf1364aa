"""Visma HsPro: codes as small numbers, grams, millimetres, instants with seven decimals.

Its local codes are read from a file of the vendor's (``local_codes``).
"""

from __future__ import annotations

from kpr_stream.connectors.mapping.profile import Profile
from kpr_stream.model.words import System

PROFILE = Profile(
    system=System.VISMA_HSPRO,
)
