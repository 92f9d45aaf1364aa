"""Give the size of children: WHO's LMS tables as whole numbers, by sex, age and deviation.

WHO Child Growth Standards 2006/2007 by day up to five years, then WHO reference 2007 by month.
Weight after five years follows from the body mass index. Value = M (1 + L S z)^(1/L), interpolated
linearly between half deviations, which is precise enough here.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from kpr_stream.simulate.nation.draw import Ints
from kpr_stream.simulate.small.places import reference_rows

LAST_DAY_TABLE = 1826
"""The oldest age in days with a row for each day."""
LOWEST, HIGHEST, APART = -4000, 4000, 500
"""Deviations of the tables' columns, in thousandths."""
_LEAST_BASE = 0.25
"""The least base of the power, since a strongly skewed table has no value far out."""
_TABLES = {
    # Measure: the file by day, that by month, and how many of our units one of theirs is.
    "weight": ("who_weight_for_age.csv", None, 1000),
    "length": ("who_length_height_for_age.csv", "who2007_height_for_age.csv", 100),
    "head": ("who_head_circumference_for_age.csv", None, 100),
    "bmi": (None, "who2007_bmi_for_age.csv", 1000),
}


def weight_g(sex: Ints, age_days: Ints, z: Ints) -> Ints:
    """Return grams at deviations in thousandths; after five years ``z`` is of the mass index."""
    young = _at("weight", sex, np.minimum(age_days, LAST_DAY_TABLE), z)
    height = length_tenths(sex, age_days, z // 2)
    by_index = _at("bmi", sex, np.maximum(age_days, LAST_DAY_TABLE + 1), z)
    # kg/m2 in thousandths times tenths of a millimetre, twice: 1e11 to a gram.
    old = by_index * height // 10_000 * height // 10_000
    return np.where(age_days <= LAST_DAY_TABLE, young, old)


def length_tenths(sex: Ints, age_days: Ints, z: Ints) -> Ints:
    """Return tenths of a millimetre, lying up to two years and standing after."""
    return _at("length", sex, age_days, z)


def head_tenths(sex: Ints, age_days: Ints, z: Ints) -> Ints:
    """Return head circumference in tenths of a millimetre, up to five years."""
    return _at("head", sex, np.minimum(age_days, LAST_DAY_TABLE), z)


def exact_table(measure: str) -> NDArray[np.float64]:
    """Return a table by (sex, age, deviation) before rounding. Ages are days, then months."""
    by_day, by_month, units = _TABLES[measure]
    parts = [_days(by_day) if by_day else np.ones((2, LAST_DAY_TABLE + 1, 3))]
    if by_month:
        parts.append(_months(by_month))
    lms = np.concatenate(parts, axis=1)[..., None]
    z = np.arange(LOWEST, HIGHEST + 1, APART) / 1000
    base = np.maximum(1 + lms[:, :, 0] * lms[:, :, 2] * z, _LEAST_BASE)
    return np.asarray(lms[:, :, 1] * base ** (1 / lms[:, :, 0]) * units)


@cache
def _table(measure: str) -> Ints:
    return np.rint(exact_table(measure)).astype(np.int64)


def _at(measure: str, sex: Ints, age_days: Ints, z: Ints) -> Ints:
    table = _table(measure)
    months = np.minimum(age_days * 10_000 // 304_375, 228) - 60
    age = np.where(age_days <= LAST_DAY_TABLE, age_days, LAST_DAY_TABLE + 1 + months)
    within = np.clip(z, LOWEST, HIGHEST - 1) - LOWEST
    column, part = within // APART, within % APART
    row = np.clip(age, 0, table.shape[1] - 1)
    low, high = table[sex, row, column], table[sex, row, column + 1]
    return np.asarray(low + (high - low) * part // APART)


def _days(name: str) -> NDArray[np.float64]:
    found = np.zeros((2, LAST_DAY_TABLE + 1, 3))
    for row in reference_rows(name):
        if int(row["age_days"]) <= LAST_DAY_TABLE:
            found[int(row["sex"]) - 1, int(row["age_days"])] = _lms(row)
    return found


def _months(name: str) -> NDArray[np.float64]:
    found = np.zeros((2, 229 - 60, 3))
    for row in reference_rows(name):
        if int(row["age_months"]) <= 228:
            found[int(row["sex"]) - 1, int(row["age_months"]) - 60] = _lms(row)
    return found


def _lms(row: dict[str, str]) -> tuple[float, float, float]:
    return float(row["L"]), float(row["M"]), float(row["S"])
