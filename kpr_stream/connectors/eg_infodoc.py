"""EG Infodoc: identifiers as JSON numbers, kilograms, centimetres, instants without offset.

The local codes are SYNTHETIC.
"""

from __future__ import annotations

from kpr_stream.connectors.profile import Clock, LengthUnit, Profile, WeightUnit
from kpr_stream.model.words import System

PROFILE = Profile(
    system=System.EG_INFODOC,
    codes={
        "service": {
            "HST": "HELSESTASJON_0_5",
            "SHT": "SKOLEHELSETJENESTE",
            "HFU": "HFU",
            "JMT": "SVANGERSKAP_BARSEL",
        },
        "consultation_type": {
            "HB": "HJEMMEBESOK",
            "IK": "INDIVIDUELL",
            "GK": "GRUPPE",
            "SS": "SKOLESTARTUNDERSOKELSE",
            "HS": "HELSESAMTALE",
            "VM": "VEIING_MALING",
            "TK": "TELEFON",
            "SK": "SVANGERSKAPSKONTROLL",
            "BB": "BARSELBESOK",
            "UK": "HFU_KONSULTASJON",
        },
        "contact_form": {
            "KONTOR": "PERSONLIG",
            "HJEMME": "HJEMMEBESOK",
            "TLF": "TELEFON",
            "VIDEO": "VIDEO",
            "GRUPPE": "GRUPPE",
        },
        "attendance": {
            "P": "PLANLAGT",
            "M": "MOTT",
            "IM": "IKKE_MOTT",
            "AB": "AVBESTILT_AV_BRUKER",
            "AT": "AVLYST_AV_TJENESTEN",
        },
        "breastfeeding": {
            "FULL": "FULLAMMET",
            "DELVIS": "DELVIS_AMMET",
            "NEI": "IKKE_AMMET",
            "IS": "IKKE_SPURT",
        },
        "length_position": {"ligg": "LIGGENDE", "stå": "STAENDE"},
    },
    weight_unit=WeightUnit.KILOGRAM,
    length_unit=LengthUnit.CENTIMETRE,
    clock=Clock.LOCAL,
    ids_as_numbers=True,
)
