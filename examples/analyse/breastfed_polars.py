"""Question (c) with Polars: the same figure as breastfed.sql, from the files of an export.

Example: python examples/analyse/breastfed_polars.py rows
"""

import sys
from pathlib import Path

import polars as pl
from polars import col

answers = (
    pl.scan_parquet(Path(sys.argv[1]) / "consultation" / "*.parquet")
    .filter(
        col("service") == "HELSESTASJON_0_5",
        col("attendance") == "MOTT",
        col("age_months") == 6,
        col("group_key").is_not_null(),
        col("breastfeeding_status").is_in(["FULLT", "DELVIS", "IKKE"]),
    )
    .sort("date", "consultation_key")
    .group_by("group_key")
    .agg(col("breastfeeding_status").last())
    .collect()
)
asked = answers.height
breastfed = answers.filter(col("breastfeeding_status") != "IKKE").height

# Small counts, and shares of small groups, could be those of a child that somebody knows.
if asked < 10 or 1 <= breastfed <= 4 or 1 <= asked - breastfed <= 4:
    print(":")
else:
    print(f"{(200 * breastfed + asked) // (2 * asked)} per cent of {asked}")
