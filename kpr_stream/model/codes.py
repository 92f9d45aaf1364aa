"""Codes of the item contract that no published list has: our own, until FHI's are known.

The published lists are data, in ``kpr_stream/reference/data/code_lists.csv``.
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
"""The only attendance of a consultation that took place."""
NOT_ATTENDED = "IKKE_MOTT"
LYING, STANDING = "LIGGENDE", "STAENDE"
NO_ANSWER = ("IKKE_SPURT", "UKJENT")
"""Breastfeeding codes without an answer. An export may use them for people who did not come."""
STEPS_OUTSIDE_PROGRAMME = (
    "SVANGERSKAPSKONTROLL",
    "BARSELBESOK",
    "ETTERKONTROLL",
    "HFU_KONSULTASJON",
    "NYANKOMNE",
    "FORELDREVEILEDNING",
)
"""Codes of the other services: valid, but not steps of the child programme."""
