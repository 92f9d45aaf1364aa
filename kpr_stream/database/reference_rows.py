"""Turn the reference data into rows of the database's schema ``reference``. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
from polars import col

from kpr_stream.reference import Reference
from kpr_stream.reference import tables as t
from kpr_stream.reference.current import current_districts
from kpr_stream.reference.validity import FOREVER

MUNICIPALITY = "municipality"
"""Kind of an ordinary row of ``reference.municipality``; others: see ``other_areas.csv``."""
_NUMBERS = (
    *("target_age_days", "window_from_days", "window_to_days"),
    *("on_time_from_days", "on_time_to_days"),
)
_FLAGS = (
    *("weight_expected", "length_expected", "head_circumference_expected"),
    *("breastfeeding_expected", "home_visit_expected", "in_14_programme"),
)


@dataclass(frozen=True, slots=True)
class ReferenceRows:
    """One table and all its rows; the columns are named as in the database."""

    name: str
    rows: pl.DataFrame


def reference_tables(reference: Reference) -> tuple[ReferenceRows, ...]:
    """Return every table of the schema except ``version``, complete."""
    return (
        ReferenceRows("municipality", _municipalities(reference)),
        ReferenceRows(
            "municipality_change",
            reference.municipality_changes.select(
                "old_code", "new_code", col("change_date").str.to_date(), "kind"
            ),
        ),
        ReferenceRows("municipality_current", reference.current_municipalities),
        ReferenceRows("district", _districts(reference)),
        ReferenceRows("programme_step", _steps(reference.programme)),
        ReferenceRows(
            "code",
            reference.frames[t.CODE_LISTS.file].select(
                "list", "code", "name_no", "name_en", "status"
            ),
        ),
        ReferenceRows("resident", _residents(reference.frames[t.RESIDENTS.file])),
    )


def _municipalities(reference: Reference) -> pl.DataFrame:
    named = ("code", "name", "county_code", "county_name")
    ordinary = reference.municipalities.select(
        *named, *_validity(), pl.lit(MUNICIPALITY).alias("kind")
    )
    nothing = pl.lit(None, pl.Date)
    others = reference.frames[t.OTHER_AREAS.file].select(
        *named, nothing.alias("valid_from"), nothing.alias("valid_to"), "kind"
    )
    return pl.concat([ordinary, others])


def _districts(reference: Reference) -> pl.DataFrame:
    districts = reference.all_districts
    today = current_districts(districts, reference.current_municipalities)
    return districts.join(today, on="code", how="left", maintain_order="left").select(
        *("code", "name", "municipality_code"),
        *_validity(),
        *("unknown", "current_code", "current_municipality_code"),
    )


def _steps(programme: pl.DataFrame) -> pl.DataFrame:
    return programme.select(
        *("code", "name_no", "name_en", *_NUMBERS),
        *(col(flag) == 1 for flag in _FLAGS),
        *("grade", "measurement_group"),
        *_validity(),
    )


def _residents(wide: pl.DataFrame) -> pl.DataFrame:
    return wide.unpivot(
        list(t.AGES_OF_RESIDENTS),
        index=["municipality_code", "year", "sex"],
        variable_name="age",
        value_name="residents",
    ).select(
        "municipality_code",
        "year",
        col("age").str.strip_prefix("age_").cast(pl.Int64),
        "sex",
        "residents",
    )


def _validity() -> tuple[pl.Expr, pl.Expr]:
    ends = pl.when(col("valid_to") < FOREVER).then(col("valid_to"))
    return col("valid_from").cast(pl.Date), ends.cast(pl.Date).alias("valid_to")
