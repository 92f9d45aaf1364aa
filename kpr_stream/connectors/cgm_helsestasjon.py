"""CGM Helsestasjon: mostly the contract's own codes, decimal commas, day-first dates, UTC.

The local codes are SYNTHETIC.
"""

from __future__ import annotations

from kpr_stream.connectors.profile import Clock, LengthUnit, Profile, WeightUnit
from kpr_stream.model.words import System

PROFILE = Profile(
    system=System.CGM_HELSESTASJON,
    codes={
        "attendance": {
            "Planlagt": "PLANLAGT",
            "Møtt": "MOTT",
            "Ikke møtt": "IKKE_MOTT",
            "Avbestilt": "AVBESTILT_AV_BRUKER",
            "Avlyst": "AVLYST_AV_TJENESTEN",
        },
        "breastfeeding": {
            "Fullammes": "FULLAMMET",
            "Ammes delvis": "DELVIS_AMMET",
            "Ammes ikke": "IKKE_AMMET",
            "Ikke spurt": "IKKE_SPURT",
        },
    },
    weight_unit=WeightUnit.KILOGRAM,
    length_unit=LengthUnit.CENTIMETRE,
    day_first_dates=True,
    clock=Clock.UTC,
    decimal_comma=True,
)
