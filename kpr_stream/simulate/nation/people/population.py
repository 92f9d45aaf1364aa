"""Make the people of a place: children who are born, arrive and leave, twins, and mothers.

Everything is an array over the people of the place. Times are days since 1970.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np

from kpr_stream.simulate.nation.days import FIRST_YEAR, LAST_DAY, year_start
from kpr_stream.simulate.nation.draw import Draw, Ints, Purpose, stream
from kpr_stream.simulate.nation.people import numbers
from kpr_stream.simulate.nation.people.numbers import FEMALE, MALE
from kpr_stream.simulate.nation.people.places import Place
from kpr_stream.simulate.nation.people.residents import AGES, COHORTS, YEARS, Residents

ALWAYS, NEVER = year_start(1990), year_start(2090)
NOBODY = -1
_TWINS = 70_000
"""Share of the quarter of births that may have a twin, which gives 1.7 % of all births."""
_NUMBER_COMES_LATE = 200_000
"""Share of newborn children without a number of their own in their first days."""
_KIND_OF_ARRIVAL = (65, 20, 15)
"""Per cent who arrive from elsewhere in Norway, with a D-number, with a DUF number only."""
_NO_FNR_YET = 200_000
_PAIR_AREA = 63
"""Area number of the random stream of a pair of municipalities."""


class Left(IntEnum):
    """Why a person has left."""

    STAYED = 0
    MOVED = 1
    EMIGRATED = 2
    DIED = 3


_WHY = (780_000, 200_000, 20_000)
"""Shares of those who leave: moved, emigrated, died."""


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Arrays by person. Children and youth first, then mothers, whose ``child`` is an index."""

    born: Ints
    sex: Ints
    arrive: Ints
    leave: Ints
    """First day away."""
    left: Ints
    part: Ints
    fnr: Ints
    fnr_from: Ints
    """First day on which the fnr is known; NEVER if it is never known."""
    dnr: Ints
    duf: Ints
    """0 where there is none."""
    twin: Ints
    """Of the second twin: the index of the first."""
    child: Ints
    """Of a mother: the index of the child; NOBODY for children."""

    def __len__(self) -> int:
        return len(self.born)

    @property
    def children(self) -> int:
        """Return the number of children and youth."""
        return int((self.child == NOBODY).sum())


def people_of(place: Place, residents: Residents, seed: int) -> People:
    """Make everybody of a place in all the years."""
    draw = stream(seed, place.number, Purpose.PEOPLE)
    groups: list[People] = []
    mothers: list[tuple[int, Ints]] = []
    """Cohort, and the index of each child of a group among the municipality's births."""
    before = 0
    for cohort in range(len(COHORTS)):
        born_here = 0
        for sex in (MALE, FEMALE):
            for people, births in _of_cohort(
                place, residents, seed, cohort=cohort, sex=sex, draw=draw
            ):
                groups.append(people)
                if births is not None:
                    mothers.append((cohort, born_here + births))
                    groups[-1].child[: len(births)] = before + np.arange(len(births))
                before += len(people)
            own = int(residents.own(place.municipality, sex, cohort)[residents.first_year(cohort)])
            born_here += own + int(residents.exchange[place.municipality, sex, cohort])
    children = _joined(groups)
    of_child = np.flatnonzero(children.child != NOBODY)
    children.child[:] = NOBODY
    parts = _parts(place, draw, len(children))
    children.part[:] = np.where(children.twin == NOBODY, parts, parts[children.twin])
    return _joined([children, _mothers(place, residents, children, of_child, mothers)])


def _of_cohort(
    place: Place, residents: Residents, seed: int, *, cohort: int, sex: int, draw: Draw
) -> Iterator[tuple[People, Ints | None]]:
    """Yield groups of one birth year and sex, with the birth index of children born here."""
    year = COHORTS[cohort]
    municipality = place.municipality
    own = residents.own(municipality, sex, cohort)[list(residents.years_of(cohort))]
    exchange = int(residents.exchange[municipality, sex, cohort])
    areas = np.arange(place.areas)[:, None]
    split = (own[None, :] + place.areas - 1 - areas) // place.areas
    more = np.maximum(np.diff(split, axis=1), 0).sum(axis=1)
    needed = split[:, 0] + more
    from_slot = residents.own_from[municipality, sex, cohort]
    born_in_time = year >= FIRST_YEAR
    first = from_slot + needed[: place.area].sum()
    group = _own(split[place.area], first + np.arange(needed[place.area]), year, sex, draw)
    born = int(split[place.area, 0])
    births = split[: place.area, 0].sum() + np.arange(born)
    yield group, births if born_in_time else None
    if born_in_time:
        yield _twins(group, first + np.arange(born), year, sex, draw), None
    yield from _exchanged(
        place, residents, seed, cohort=cohort, sex=sex, count=exchange, own=int(own[0])
    )


def _own(counts: Ints, slots: Ints, year: int, sex: int, draw: Draw) -> People:
    group = _blank(slots, year, sex)
    present = np.arange(counts[0])
    following = int(counts[0])
    begins = max(FIRST_YEAR, year + 1)
    for n, change in enumerate(np.diff(counts).tolist()):
        within = year_start(begins + n)
        if change > 0:
            came = np.arange(following, following + change)
            following += change
            group.arrive[came] = within + draw.below(365, change)
            present = np.concatenate([present, came])
        elif change < 0:
            at = (draw.below(len(present), 1)[0] + np.arange(-change)) % len(present)
            gone = present[at]
            group.leave[gone] = within + draw.below(365, -change)
            group.left[gone] = Left.MOVED + draw.among(_WHY, -change)
            present = np.delete(present, at)
    newcomers = np.arange(counts[0], len(slots))
    group.leave[newcomers] = np.maximum(group.leave[newcomers], group.arrive[newcomers] + 1)
    _arrivals(group, newcomers, slots[newcomers], year=year, sex=sex, draw=draw)
    if year >= FIRST_YEAR:
        late = draw.chance(_NUMBER_COMES_LATE, int(counts[0]))
        group.fnr_from[: counts[0]] = np.where(
            late, group.born[: counts[0]] + draw.between(3, 12, int(counts[0])), ALWAYS
        )
    return group


def _arrivals(group: People, who: Ints, slots: Ints, *, year: int, sex: int, draw: Draw) -> None:
    """Give those who arrive from abroad another number first; some never get an fnr."""
    kind = draw.among(_KIND_OF_ARRIVAL, len(who))
    wait = draw.between(30, 400, len(who))
    never = draw.chance(_NO_FNR_YET, len(who))
    day, turn = numbers.places_of(slots, year)
    arrival = year_start(year) + day
    arrival = np.maximum(group.arrive[who], arrival)
    dnr = numbers.numbers_of(day, turn, year, sex, d_number=True)
    group.dnr[who] = np.where(kind == 1, dnr, 0)
    years = 1970 + arrival * 400 // 146_097
    group.duf[who] = np.where(kind == 2, numbers.duf_numbers(slots, year, sex, years), 0)
    since = np.where(never, NEVER, arrival + wait)
    group.fnr_from[who] = np.where(kind == 0, ALWAYS, since)


def _twins(group: People, slots: Ints, year: int, sex: int, draw: Draw) -> People:
    day, turn = numbers.places_of(slots, year)
    chosen = np.flatnonzero((turn < numbers.TWIN_ROUNDS) & draw.chance(_TWINS, len(slots)))
    found = _blank(slots[chosen], year, sex)
    second = numbers.numbers_of(day[chosen], turn[chosen] + numbers.ROUNDS, year, sex)
    found.fnr[:] = second
    found.arrive[:], found.leave[:] = group.arrive[chosen], group.leave[chosen]
    found.left[:] = group.left[chosen]
    # Relative to the end of the group before, until the groups are joined.
    found.twin[:] = chosen - len(group) - 1 + NOBODY
    return found


def _exchanged(
    place: Place, residents: Residents, seed: int, *, cohort: int, sex: int, count: int, own: int
) -> Iterator[tuple[People, Ints | None]]:
    """Yield those who move from here to the partner municipality, and those who come from there."""
    if not count:
        return
    year, here = COHORTS[cohort], place.municipality
    there = residents.partner[here]
    first = min(here, there)
    draw = stream(seed * 128 + cohort * 2 + sex, first * 64 + _PAIR_AREA, Purpose.EXCHANGE)
    years = YEARS[residents.years_of(cohort)[0]], YEARS[residents.years_of(cohort)[-1]] - 1
    moved = year_start(years[0]) + draw.below(365 * (years[1] - years[0] + 1), count)
    mine = np.arange(place.area, count, place.areas)
    shared = residents.own_from[first, sex, cohort] + _own_needed(residents, first, sex, cohort)
    for comes in (False, True):
        from_first = (here == first) != comes
        group = _blank(shared + (0 if from_first else count) + mine, year, sex)
        if comes:
            group.arrive[:] = moved[mine]
        else:
            group.leave[:] = moved[mine]
            group.left[:] = Left.MOVED
        births = None if comes or year < FIRST_YEAR else own + mine
        yield group, births


def _own_needed(residents: Residents, municipality: int, sex: int, cohort: int) -> int:
    own = residents.own(municipality, sex, cohort)[list(residents.years_of(cohort))]
    return int(own[0] + np.maximum(np.diff(own), 0).sum())


def _blank(slots: Ints, year: int, sex: int) -> People:
    """Return people of these slots who live there all the time."""
    day, turn = numbers.places_of(slots, year)
    size = len(slots)
    born = year_start(year) + day
    return People(
        born=born,
        sex=np.full(size, sex, dtype=np.int64),
        arrive=born.copy() if year >= FIRST_YEAR else np.full(size, ALWAYS, dtype=np.int64),
        leave=np.full(size, min(LAST_DAY + 1, year_start(year + AGES + 1)), dtype=np.int64),
        left=np.zeros(size, dtype=np.int64),
        part=np.zeros(size, dtype=np.int64),
        fnr=numbers.numbers_of(day, turn, year, sex),
        fnr_from=np.full(size, ALWAYS, dtype=np.int64),
        dnr=np.zeros(size, dtype=np.int64),
        duf=np.zeros(size, dtype=np.int64),
        twin=np.full(size, NOBODY, dtype=np.int64),
        child=np.full(size, NOBODY, dtype=np.int64),
    )


def _mothers(
    place: Place,
    residents: Residents,
    children: People,
    of_child: Ints,
    births: list[tuple[int, Ints]],
) -> People:
    found = []
    at = 0
    for cohort, which in births:
        years, slots = residents.mothers(place.municipality, cohort)
        child = of_child[at : at + len(which)]
        at += len(which)
        for year in np.unique(years[which]).tolist():
            chosen = years[which] == year
            day, turn = numbers.places_of(slots[which][chosen], year, numbers.MOTHER_ROUNDS)
            group = _blank(np.arange(len(day)), year, FEMALE)
            group.born[:] = year_start(year) + day
            group.fnr[:] = numbers.numbers_of(day, turn, year, FEMALE)
            group.arrive[:], group.leave[:] = ALWAYS, NEVER
            group.child[:] = child[chosen]
            group.part[:] = children.part[child[chosen]]
            found.append(group)
    return _joined(found or [_blank(np.zeros(0, dtype=np.int64), FIRST_YEAR, FEMALE)])


def _parts(place: Place, draw: Draw, size: int) -> Ints:
    shares = [place.part_share(part) for part in range(len(place.parts))]
    return draw.among(shares, size)


def _joined(groups: list[People]) -> People:
    starts = np.cumsum([0, *(len(group) for group in groups)])
    for start, group in zip(starts.tolist(), groups, strict=False):
        relative = group.twin < NOBODY
        group.twin[relative] += start + 1 - NOBODY
    joined = {
        field.name: np.concatenate([getattr(group, field.name) for group in groups])
        for field in fields(People)
    }
    return People(**joined)
