"""Number the contract's codes: the name of a member is the code."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cache

from kpr_stream.model.codes import STEPS_OUTSIDE_PROGRAMME
from kpr_stream.simulate.small.places import reference_rows


class Kind(IntEnum):
    """Consultation types."""

    HJEMMEBESOK = 0
    INDIVIDUELL = 1
    GRUPPE = 2
    SKOLESTARTUNDERSOKELSE = 3
    HELSESAMTALE = 4
    VEIING_MALING = 5
    TELEFON = 6
    VIDEO = 7
    APEN_HELSESTASJON = 8
    VAKSINASJON = 9
    EKSTRA = 10
    DIGITAL_DIALOG = 11


class Form(IntEnum):
    """Contact forms."""

    PERSONLIG = 0
    HJEMMEBESOK = 1
    TELEFON = 2
    VIDEO = 3
    GRUPPE = 4
    SKRIFTLIG = 5


class Attendance(IntEnum):
    """Attendance status."""

    MOTT = 0
    IKKE_MOTT = 1
    AVBESTILT_AV_BRUKER = 2
    AVLYST_AV_TJENESTEN = 3
    PLANLAGT = 4


class Breastfeeding(IntEnum):
    """Breastfeeding status."""

    FULLAMMET = 0
    DELVIS_AMMET = 1
    IKKE_AMMET = 2
    IKKE_SPURT = 3
    UKJENT = 4


class Position(IntEnum):
    """How a length was measured."""

    LIGGENDE = 0
    STAENDE = 1


class Reason(IntEnum):
    """Why something was not measured."""

    IKKE_ONSKET = 0
    MALT_ANNET_STED = 1
    BARNET_UROLIG = 2
    UTSTYR = 3
    IKKE_INDISERT = 4


ROLES = (
    ("HELSESYKEPLEIER",),
    ("HELSESYKEPLEIER", "LEGE"),
    ("JORDMOR",),
    ("LEGE",),
    ("HELSESYKEPLEIER", "FYSIOTERAPEUT"),
    ("PSYKOLOG",),
)
"""The roles that hold a consultation together."""
NURSE, NURSE_AND_DOCTOR, MIDWIFE, DOCTOR, NURSE_AND_PHYSIO, PSYCHOLOGIST = range(6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of the programme, or one outside it without a target age."""

    index: int
    code: str
    volven: str
    """The code in Volven 9505; ``code`` where there is none."""
    target_days: int
    group: bool
    roles: int
    weight: bool
    length: bool
    head: bool
    breastfeeding: bool


@cache
def steps() -> dict[str, Step]:
    """Return all steps by code: those of hst_programme.csv, then those of other services."""
    found = {}
    for n, row in enumerate(reference_rows("hst_programme.csv")):
        roles = tuple(role.upper() for role in row["personnel"].split("+"))
        found[row["code"]] = Step(
            index=n,
            code=row["code"],
            volven=row["volven_9505"] or row["code"],
            target_days=int(row["target_age_days"]),
            group=row["setting"] == "group",
            roles=ROLES.index(roles),
            weight=row["weight_expected"] == "1",
            length=row["length_expected"] == "1",
            head=row["head_circumference_expected"] == "1",
            breastfeeding=row["breastfeeding_expected"] == "1",
        )
    for code in STEPS_OUTSIDE_PROGRAMME:
        index = len(found)
        found[code] = Step(
            index=index,
            code=code,
            volven=code,
            target_days=0,
            group=False,
            roles=NURSE,
            weight=False,
            length=False,
            head=False,
            breastfeeding=False,
        )
    return found
