"""What a person may reserve against being registered: the kinds, as data.

Official: Helsedirektoratet, "Reservasjonsrett i KPR": height, weight, breastfeeding. What is
derived from a value goes with it. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final


class KindStatus(StrEnum):
    """Whose word a kind is."""

    OFFICIAL = "official"
    OURS = "ours"  # may be switched off: KPR_RESERVE_OUR_KINDS


@dataclass(frozen=True, slots=True)
class ReservationKind:
    """One kind of data. It covers the fields that are called as a stem, or begin with one and an
    underscore: ``weight_g``, and whatever is derived later, ``weight_z``."""

    name: str
    status: KindStatus
    valid_from: date
    """The right exists since then: consultations before it are not touched."""
    stems: tuple[str, ...]

    def covers(self, field: str) -> bool:
        """Whether a field of the cleaned record, or of an item, belongs to this kind."""
        return any(field == stem or field.startswith(f"{stem}_") for stem in self.stems)


REGISTER_BEGINS: Final = date(2017, 1, 1)
"""The first day that is reported at all."""

KINDS: Final = (
    ReservationKind("growth", KindStatus.OFFICIAL, REGISTER_BEGINS, ("length", "height", "bmi")),
    ReservationKind("weight", KindStatus.OFFICIAL, REGISTER_BEGINS, ("weight", "bmi")),
    ReservationKind("breastfeeding", KindStatus.OFFICIAL, REGISTER_BEGINS, ("breastfeeding",)),
    ReservationKind(
        "head_circumference", KindStatus.OURS, REGISTER_BEGINS, ("head_circumference",)
    ),
)

OFFICIAL_KINDS: Final = tuple(kind for kind in KINDS if kind.status is KindStatus.OFFICIAL)
