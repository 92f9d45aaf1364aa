"""List the kinds of data that a person may reserve against registration. Pure.

Official: Helsedirektoratet, "Reservasjonsrett i KPR": height, weight, breastfeeding. A reservation
also covers all values derived from the reserved one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final


class KindStatus(StrEnum):
    """Who has defined a kind."""

    OFFICIAL = "official"
    OURS = "ours"  # can be switched off by KPR_RESERVE_OUR_KINDS


@dataclass(frozen=True, slots=True)
class ReservationKind:
    """One kind of data.

    A kind covers every field whose name is a stem or begins with a stem and an underscore:
    ``weight_g``, and derived ones such as ``weight_z``.
    """

    name: str
    status: KindStatus
    valid_from: date
    """The first day of the right. Earlier consultations are not affected."""
    stems: tuple[str, ...]

    def covers(self, field: str) -> bool:
        """Return whether a field of a cleaned record or of an item belongs to this kind."""
        return any(field == stem or field.startswith(f"{stem}_") for stem in self.stems)


REGISTER_BEGINS: Final = date(2017, 1, 1)
"""The first day of which anything is reported."""

KINDS: Final = (
    ReservationKind("growth", KindStatus.OFFICIAL, REGISTER_BEGINS, ("length", "height", "bmi")),
    ReservationKind("weight", KindStatus.OFFICIAL, REGISTER_BEGINS, ("weight", "bmi")),
    ReservationKind("breastfeeding", KindStatus.OFFICIAL, REGISTER_BEGINS, ("breastfeeding",)),
    ReservationKind(
        "head_circumference", KindStatus.OURS, REGISTER_BEGINS, ("head_circumference",)
    ),
)

OFFICIAL_KINDS: Final = tuple(kind for kind in KINDS if kind.status is KindStatus.OFFICIAL)
