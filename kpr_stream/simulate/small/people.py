"""Make synthetic persons with their numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from kpr_stream.simulate.identifiers import IdPool, duf_number

D_NUMBER_SHARE = 0.03
DUF_SHARE = 0.01
SEVERAL_SHARE = 0.01
NO_NATIONAL_ID_SHARE = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person; all fields are None for an unknown one, such as a drop-in at the youth clinic."""

    local_id: str | None = None
    fnr: str | None = None
    dnr: str | None = None
    duf: str | None = None
    born: date | None = None
    sex: str | None = None


UNKNOWN = Person()


def new_person(random: Random, pool: IdPool, local_id: str, born: date) -> Person:
    """Make a person with ids in plausible shares of our own."""
    male = random.random() < 0.51
    sex = "1" if male else "2"
    draw = random.random()
    if draw < DUF_SHARE:
        return Person(local_id=local_id, duf=duf_number(random), born=born, sex=sex)
    if draw < DUF_SHARE + NO_NATIONAL_ID_SHARE:
        return Person(local_id=local_id, born=born, sex=sex)
    several = random.random() < SEVERAL_SHARE
    wants_d = several or random.random() < D_NUMBER_SHARE
    while True:
        fnr = pool.national_id(random, born, male=male, d_number=False)
        dnr = pool.national_id(random, born, male=male, d_number=True) if wants_d else None
        if fnr is not None and (dnr is not None or not wants_d):
            break
        born -= timedelta(days=1)
    return Person(
        local_id=local_id, fnr=fnr if several or not wants_d else None, dnr=dnr, born=born, sex=sex
    )
