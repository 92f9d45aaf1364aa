"""Who lives where: as many as Statistics Norway counts, and who they are."""

from __future__ import annotations

import numpy as np
import pytest

from kpr_stream.simulate.nation import days
from kpr_stream.simulate.nation.days import FIRST_YEAR, LAST_YEAR, year_start
from kpr_stream.simulate.nation.people.places import Place, places
from kpr_stream.simulate.nation.people.population import NEVER, NOBODY, Left, People, people_of
from kpr_stream.simulate.nation.people.residents import AGES, COHORTS, load_residents

SEED = 1


def of(code: str) -> tuple[Place, People]:
    (place,) = places(share=1.0, municipalities=(code,), change_of_epj=True)
    return place, people_of(place, load_residents(), SEED)


@pytest.mark.parametrize("code", ["5514", "5034", "1580"])
def test_residents_are_those_of_the_table_on_every_first_of_january(code: str) -> None:
    """By year of birth and sex, but for the second children of twins, who come on top."""
    place, people = of(code)
    counts = load_residents().counts[place.municipality]
    born = days.years(people.born)
    one_each = (people.child == NOBODY) & (people.twin == NOBODY)
    away = 0
    for n, year in enumerate(range(FIRST_YEAR, LAST_YEAR + 1)):
        day = year_start(year)
        there = one_each & (people.arrive <= day) & (people.leave > day) & (people.born < day)
        found = np.array(
            [
                [(there & (people.sex == sex) & (born == cohort)).sum() for cohort in COHORTS]
                for sex in (0, 1)
            ]
        )
        ages = [year - AGES <= cohort < year for cohort in COHORTS]
        away += int(np.abs(found - counts[:, :, n])[:, ages].sum())
    assert away <= counts.sum() // 500  # those who change places on the very day


def test_twins_mothers_newcomers_and_those_who_leave() -> None:
    _, people = of("1580")
    second = np.flatnonzero(people.twin != NOBODY)
    first = people.twin[second]
    assert 0.005 < len(second) / (people.born >= year_start(FIRST_YEAR)).sum() < 0.04
    assert (people.born[second] == people.born[first]).all()
    assert (people.fnr[second] != people.fnr[first]).all()
    mothers = np.flatnonzero(people.child != NOBODY)
    age = (people.born[people.child[mothers]] - people.born[mothers]) // 365
    assert age.min() >= 20
    assert age.max() <= 41
    assert (people.dnr > 0).sum() > 10
    assert (people.duf > 0).sum() > 5
    assert ((people.dnr > 0) & (people.fnr_from == NEVER)).any()
    assert {Left.MOVED, Left.EMIGRATED, Left.STAYED} <= {Left(n) for n in people.left.tolist()}


def test_who_moves_to_the_partner_is_the_same_person_there() -> None:
    residents = load_residents()
    moving = residents.exchange.sum(axis=(1, 2))
    one = min(np.flatnonzero(moving > 20).tolist(), key=lambda n: int(residents.children()[n]))
    other = residents.partner[one]
    here, there = (_born_by_number(residents.codes[n]) for n in (one, other))
    both = here.keys() & there.keys()
    assert len(both) == 2 * moving[one]
    assert all(here[number] == there[number] for number in both)


def _born_by_number(code: str) -> dict[int, int]:
    of_code = places(share=1.0, municipalities=(code,), change_of_epj=True)
    made = [people_of(place, load_residents(), SEED) for place in of_code]
    return {number: born for people in made for number, born in _numbers(people)}


def _numbers(people: People) -> list[tuple[int, int]]:
    children = people.child == NOBODY
    return list(zip(people.fnr[children].tolist(), people.born[children].tolist(), strict=True))
