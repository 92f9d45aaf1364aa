"""Codes of the item contract that stand in no published list: ours, until FHI's are known.

The lists that are data stand in ``kpr_stream/reference/data/code_lists.csv``.
"""

from __future__ import annotations

CONTACT_FORMS = ("PERSONLIG", "HJEMMEBESOK", "TELEFON", "VIDEO", "SKRIFTLIG", "GRUPPE")
WITHOUT_MEETING = ("TELEFON", "VIDEO", "SKRIFTLIG")
"""Forms of contact in which nobody can be weighed or measured."""
REASONS_NOT_MEASURED = (
    "IKKE_ONSKET",
    "IKKE_INDISERT",
    "MALT_ANNET_STED",
    "BARNET_UROLIG",
    "UTSTYR",
    "ANNET",
    "UKJENT",
)
PRECISION_MINUTE = "minute"
PRECISION_DATE = "date"
TIME_PRECISIONS = (PRECISION_MINUTE, PRECISION_DATE)
ATTENDED = "MOTT"
"""The only attendance that counts as held."""
NOT_ATTENDED = "IKKE_MOTT"
LYING, STANDING = "LIGGENDE", "STAENDE"
NOTHING_SAID = ("IKKE_SPURT", "UKJENT")
"""Breastfeeding: no answer, which an export may write of those who did not come too."""
STEPS_OUTSIDE_PROGRAMME = (
    "SVANGERSKAPSKONTROLL",
    "BARSELBESOK",
    "ETTERKONTROLL",
    "HFU_KONSULTASJON",
    "NYANKOMNE",
    "FORELDREVEILEDNING",
)
"""Steps of the other services: known codes, though no step of the child programme."""
