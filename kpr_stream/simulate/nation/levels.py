"""Set the levels of the nation: published ones where there are any, else ours, marked as such.

KOSTRA (SSB, quoted in Helsedirektoratet's report on public health nurses) for 2017-2020. No later
figures were found: the years after 2020 are given those of 2019.
"""

from __future__ import annotations

import numpy as np

from kpr_stream.simulate.nation.draw import Ints

KOSTRA = {
    "K1": {2017: 88.6, 2018: 88.4, 2019: 90.0, 2020: 69.9},
    "K3": {2017: 99.0, 2018: 98.8, 2019: 98.9, 2020: 98.2},
    "K4": {2017: 97.8, 2018: 96.3, 2019: 95.6, 2020: 89.0},
    "K5": {2017: 97.3, 2018: 94.7, 2019: 95.8, 2020: 90.4},
    "K6": {2017: 89.7, 2018: 80.8, 2019: 90.6, 2020: 90.2},
}
"""Per cent by indicator and year: home visit, 8 weeks, 2 years, 4 years, grade 1."""
LAST_USUAL_YEAR = 2019

BREASTFED = {"any": {42: 92.0, 183: 78.0, 365: 48.0}, "fully": {42: 73.9, 122: 39.0, 183: 11.1}}
"""Per cent breastfed at an age in days: Bergen 2010-2018 (Revheim et al. 2022) at 6 weeks and 6
months, Spedkost 3 (through FHI) fully at 4 months and at 12 months."""

TAKES_PART = {
    "JORDMOR_3D": 45,
    "UKE_4": 82,
    "MND_3": 97,
    "MND_4": 82,
    "MND_5": 96,
    "MND_6": 97,
    "MND_8": 93,
    "MND_10": 92,
    "MND_12": 96,
    "MND_15": 93,
    "MND_17_18": 84,
    "TRINN_3": 93,
    "TRINN_8": 91,
}
"""Per cent who come to the other steps: our own round figures, since none are published."""


def level(indicator: str, years: Ints) -> Ints:
    """Return the level of an indicator in each year, in parts of a million."""
    known = KOSTRA[indicator]
    last = max(known)
    table = np.array(
        [
            round(known[min(max(y, min(known)), last) if y <= last else LAST_USUAL_YEAR] * 10_000)
            for y in range(2010, 2031)
        ],
        dtype=np.int64,
    )
    return table[years - 2010]
