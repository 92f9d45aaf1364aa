"""Make the tables of persons and of their reservations."""

from __future__ import annotations

import numpy as np
import polars as pl
from polars import col

from kpr_stream.simulate.nation.draw import PER, below_of
from kpr_stream.simulate.nation.people.places import Place
from kpr_stream.simulate.nation.people.population import NEVER, NOBODY, Left, People
from kpr_stream.simulate.nation.truth.tables import number_or_null

RESERVATION_KINDS = ("growth", "weight", "breastfeeding", "head_circumference")
"""The kinds as named in kpr.rights."""
_RESERVED, _REVOKED = 10_000, 300_000


def persons(place: Place, people: People) -> pl.DataFrame:
    """Return every person of a place."""
    number = np.arange(len(people))
    return pl.DataFrame(
        {
            "place": [place.name] * len(people),
            "municipality_code": [place.code] * len(people),
            "person": number,
            "born": people.born,
            "sex": people.sex + 1,
            "fnr": number_or_null(people.fnr),
            "fnr_from": people.fnr_from,
            "dnr": number_or_null(people.dnr),
            "duf": number_or_null(people.duf),
            "arrived": people.arrive,
            "left": people.leave,
            "why_left": [Left(n).name for n in people.left.tolist()],
            "twin_of": people.twin,
            "mother_of": people.child,
        }
    ).with_columns(
        pl.when(col("fnr_from") < NEVER).then(col("fnr_from")).alias("fnr_from"),
        pl.when(col("twin_of") != NOBODY).then(col("twin_of")).alias("twin_of"),
        pl.when(col("mother_of") != NOBODY).then(col("mother_of")).alias("mother_of"),
    )


def reservations(place: Place, people: People, first: int, last: int, seed: int) -> pl.DataFrame:
    """Return some people's reservations, the same wherever they live, as comma-separated kinds."""
    who = np.flatnonzero(below_of(people.fnr, seed, 0, PER) < _RESERVED)
    number = people.fnr[who]
    since = first + below_of(number, seed, 1, max(last - first, 1))
    until = since + 30 + below_of(number, seed, 2, 870)
    revoked = (below_of(number, seed, 3, PER) < _REVOKED) & (until <= last)
    masks = (1 + below_of(number, seed, 4, 2 ** len(RESERVATION_KINDS) - 1)).tolist()
    kinds = [
        ",".join(kind for n, kind in enumerate(RESERVATION_KINDS) if mask >> n & 1)
        for mask in masks
    ]
    return pl.DataFrame(
        {
            "place": [place.name] * len(who),
            "person": who,
            "fnr": number_or_null(people.fnr[who]),
            "dnr": number_or_null(people.dnr[who]),
            "duf": number_or_null(people.duf[who]),
            "kinds": pl.Series(kinds, dtype=pl.String),
            "from": since,
            "revoked": pl.Series(np.where(revoked, until, -1)),
        }
    ).with_columns(pl.when(col("revoked") >= 0).then(col("revoked")).alias("revoked"))
