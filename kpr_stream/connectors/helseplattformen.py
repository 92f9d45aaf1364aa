"""Helseplattformen: one sender for many units in large files, prefixed codes, grams.

The local codes are SYNTHETIC.
"""

from __future__ import annotations

from kpr_stream.connectors.profile import LengthUnit, Profile
from kpr_stream.model.words import System

PROFILE = Profile(
    system=System.HELSEPLATTFORMEN,
    codes={
        "service": {
            "HP-101": "HELSESTASJON_0_5",
            "HP-102": "SKOLEHELSETJENESTE",
            "HP-103": "HFU",
            "HP-104": "SVANGERSKAP_BARSEL",
        },
        "consultation_type": {
            "HP-2001": "HJEMMEBESOK",
            "HP-2002": "INDIVIDUELL",
            "HP-2003": "GRUPPE",
            "HP-2010": "SKOLESTARTUNDERSOKELSE",
            "HP-2011": "HELSESAMTALE",
            "HP-2012": "VEIING_MALING",
            "HP-2020": "TELEFON",
            "HP-2030": "SVANGERSKAPSKONTROLL",
            "HP-2031": "BARSELBESOK",
            "HP-2040": "HFU_KONSULTASJON",
        },
        "attendance": {
            "1001": "PLANLAGT",
            "1002": "MOTT",
            "1003": "IKKE_MOTT",
            "1004": "AVBESTILT_AV_BRUKER",
            "1005": "AVLYST_AV_TJENESTEN",
        },
    },
    length_unit=LengthUnit.CENTIMETRE,
    many_units=True,
)
