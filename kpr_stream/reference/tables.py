"""List the files of a reference folder, and what each must hold for this release to use it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ReferenceTable:
    """One CSV file (UTF-8, comma, header). Other columns are allowed too."""

    file: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    """The columns whose values are unique together."""
    refers: tuple[tuple[str, str, str], ...] = field(default=(), kw_only=True)
    """(column, other file, its column): every value that is not empty must exist there."""
    whole: tuple[str, ...] = field(default=(), kw_only=True)
    """Columns of whole numbers, which may be empty."""
    decimal: tuple[str, ...] = field(default=(), kw_only=True)
    """Columns of decimal numbers."""


_LMS = ("L", "M", "S")


def _by_day(file: str) -> ReferenceTable:
    whole = ("sex", "age_days")
    return ReferenceTable(file, (*whole, *_LMS), whole, whole=whole, decimal=_LMS)


def _by_month(file: str) -> ReferenceTable:
    whole = ("sex", "age_months")
    return ReferenceTable(file, (*whole, *_LMS), whole, whole=whole, decimal=_LMS)


_PLACE = ("code", "name", "valid_from", "valid_to")
_WINDOWS = (
    *("target_age_days", "window_from_days", "window_to_days"),
    *("on_time_from_days", "on_time_to_days"),
    *("weight_expected", "length_expected", "head_circumference_expected"),
    *("breastfeeding_expected", "home_visit_expected", "in_14_programme", "grade"),
)
AGES_OF_RESIDENTS = tuple(f"age_{age}" for age in range(20))

MUNICIPALITIES = ReferenceTable("kommuner.csv", (*_PLACE, "county_code", "county_name"), ("code",))
OTHER_AREAS = ReferenceTable(
    "other_areas.csv", ("code", "name", "county_code", "county_name", "kind"), ("code",)
)
CHANGES = ReferenceTable(
    "kommune_changes.csv",
    ("old_code", "new_code", "change_date", "kind"),
    ("old_code", "new_code", "change_date"),
    refers=(("old_code", "kommuner.csv", "code"), ("new_code", "kommuner.csv", "code")),
)
BORDERS = ReferenceTable(
    "kommune_borders.csv",
    ("code", "current_code", "basis"),
    ("code",),
    refers=(("code", "kommuner.csv", "code"), ("current_code", "kommuner.csv", "code")),
)
DISTRICTS = ReferenceTable(
    "bydeler.csv",
    (*_PLACE, "municipality_code"),
    ("code",),
    refers=(("municipality_code", "kommuner.csv", "code"),),
)
CODE_LISTS = ReferenceTable(
    "code_lists.csv", ("list", "code", "name_no", "name_en", "status"), ("list", "code")
)
PROGRAMME = ReferenceTable(
    "hst_programme.csv",
    (
        *("code", "name_no", "name_en", "setting", "personnel", "volven_9505", "measurement_group"),
        *_WINDOWS,
        *("valid_from", "valid_to"),
    ),
    ("code", "valid_from"),
    refers=(("volven_9505", "code_lists.csv", "code"),),
    whole=_WINDOWS,
)
BREASTFEEDING = ReferenceTable("breastfeeding.csv", ("code", "status"), ("code",))
RESIDENTS = ReferenceTable(
    "residents.csv",
    ("municipality_code", "year", "sex", *AGES_OF_RESIDENTS),
    ("municipality_code", "year", "sex"),
    refers=(("municipality_code", "kommuner.csv", "code"),),
    whole=("year", *AGES_OF_RESIDENTS),
)
WEIGHT, LENGTH = _by_day("who_weight_for_age.csv"), _by_day("who_length_height_for_age.csv")
BMI = _by_day("who_bmi_for_age.csv")
HEAD_CIRCUMFERENCE = _by_day("who_head_circumference_for_age.csv")
WEIGHT_2007 = _by_month("who2007_weight_for_age.csv")
LENGTH_2007 = _by_month("who2007_height_for_age.csv")
BMI_2007 = _by_month("who2007_bmi_for_age.csv")

TABLES = (
    *(MUNICIPALITIES, OTHER_AREAS, CHANGES, BORDERS, DISTRICTS),
    *(CODE_LISTS, PROGRAMME, BREASTFEEDING, RESIDENTS),
    *(WEIGHT, LENGTH, BMI, HEAD_CIRCUMFERENCE, WEIGHT_2007, LENGTH_2007, BMI_2007),
)
"""Every file, in the order of checks and reports."""
