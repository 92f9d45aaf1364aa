"""The birth years of a person's number: year and individual number decide the century. Pure.

A number has two digits of the year and an individual number of three digits. One table gives the
birth years that these mean, for each kind of number and each time of issue. A number does not show
when it was issued. Where two rules of one kind disagree, both years are possible, and the newest
rule's is the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kpr_stream.model.person_id import IdKind

EXTENDED_ON = date(2021, 11, 16)
"""The first day of the extended series of D-numbers (Skatteetaten, notice of 2021-09-17)."""
_PLAIN = "Skatteetaten, «Fødselsnummer»"
_EXTENDED = "Skatteetaten, «Utvidelse av D-nummerserien», notice of 2021-06-24"


@dataclass(frozen=True, slots=True)
class BirthYears:
    """One row: what numbers of a kind with these individual numbers mean. Ends are included."""

    kind: IdKind
    individual: tuple[int, int]
    years: tuple[int, int]
    """First and last birth year, of one century."""
    source: str
    issued_from: date | None = None
    """The first day of issue; None: from the start."""
    issued_until: date | None = None
    """The day after the last day of issue; None: still issued."""


_FNR, _DNR = IdKind.FNR, IdKind.DNR
BIRTH_YEARS = (
    BirthYears(_FNR, (500, 749), (1854, 1899), _PLAIN),
    BirthYears(_FNR, (0, 499), (1900, 1999), _PLAIN),
    BirthYears(_FNR, (900, 999), (1940, 1999), _PLAIN),
    BirthYears(_FNR, (500, 999), (2000, 2039), _PLAIN),
    BirthYears(_DNR, (500, 749), (1854, 1899), _PLAIN, None, EXTENDED_ON),
    BirthYears(_DNR, (0, 499), (1900, 1999), _PLAIN, None, EXTENDED_ON),
    BirthYears(_DNR, (900, 999), (1940, 1999), _PLAIN, None, EXTENDED_ON),
    BirthYears(_DNR, (500, 999), (2000, 2039), _PLAIN, None, EXTENDED_ON),
    BirthYears(_DNR, (500, 599), (1858, 1899), _EXTENDED, EXTENDED_ON),
    BirthYears(_DNR, (0, 199), (1900, 1939), _EXTENDED, EXTENDED_ON),
    BirthYears(_DNR, (0, 499), (1940, 1999), _EXTENDED, EXTENDED_ON),
    BirthYears(_DNR, (600, 999), (1940, 1999), _EXTENDED, EXTENDED_ON),
    BirthYears(_DNR, (200, 999), (2000, 2039), _EXTENDED, EXTENDED_ON),
)
"""Every rule; of one kind the older before the newer."""


def possible_years(kind: IdKind, within: int, individual: int) -> tuple[int, ...]:
    """Return the possible birth years, the newest rule's first; empty if there is none.

    ``within`` is the last two digits of the year.
    """
    found = [
        row.years[0] // 100 * 100 + within
        for row in reversed(BIRTH_YEARS)
        if row.kind is kind
        and row.individual[0] <= individual <= row.individual[1]
        and row.years[0] % 100 <= within <= row.years[1] % 100
    ]
    return tuple(dict.fromkeys(found))
