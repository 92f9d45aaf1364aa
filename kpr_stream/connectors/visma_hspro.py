"""Visma HsPro: codes as small numbers, grams, millimetres, instants with seven decimals.

The local codes are SYNTHETIC.
"""

from __future__ import annotations

from kpr_stream.connectors.profile import Profile
from kpr_stream.model.words import System

PROFILE = Profile(
    system=System.VISMA_HSPRO,
    codes={
        "service": {
            "1": "HELSESTASJON_0_5",
            "2": "SKOLEHELSETJENESTE",
            "3": "HFU",
            "4": "SVANGERSKAP_BARSEL",
        },
        "consultation_type": {
            "10": "HJEMMEBESOK",
            "20": "INDIVIDUELL",
            "30": "GRUPPE",
            "40": "SKOLESTARTUNDERSOKELSE",
            "41": "HELSESAMTALE",
            "42": "VEIING_MALING",
            "50": "TELEFON",
            "60": "SVANGERSKAPSKONTROLL",
            "61": "BARSELBESOK",
            "70": "HFU_KONSULTASJON",
        },
        "contact_form": {
            "1": "PERSONLIG",
            "2": "HJEMMEBESOK",
            "3": "TELEFON",
            "4": "VIDEO",
            "5": "GRUPPE",
        },
        "attendance": {
            "0": "PLANLAGT",
            "1": "MOTT",
            "2": "IKKE_MOTT",
            "3": "AVBESTILT_AV_BRUKER",
            "4": "AVLYST_AV_TJENESTEN",
        },
        "breastfeeding": {
            "1": "FULLAMMET",
            "2": "DELVIS_AMMET",
            "3": "IKKE_AMMET",
            "4": "IKKE_SPURT",
        },
        "length_position": {"L": "LIGGENDE", "S": "STAENDE"},
        "practitioner_roles": {
            "HS": "HELSESYKEPLEIER",
            "JM": "JORDMOR",
            "LE": "LEGE",
            "FT": "FYSIOTERAPEUT",
        },
    },
)
