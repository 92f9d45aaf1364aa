"""Question (c) with pandas: the same figure as breastfed.sql, from the files of an export.

Example: python examples/analyse/breastfed_pandas.py rows
"""

import sys
from pathlib import Path

import pandas as pd

COLUMNS = [
    *("consultation_key", "group_key", "date", "service", "attendance"),
    *("age_months", "breastfeeding_status"),
]
rows = pd.read_parquet(Path(sys.argv[1]) / "consultation", columns=COLUMNS)
rows = rows[
    (rows["service"] == "HELSESTASJON_0_5")
    & (rows["attendance"] == "MOTT")
    & (rows["age_months"] == 6)
    & rows["group_key"].notna()
    & rows["breastfeeding_status"].isin(["FULLT", "DELVIS", "IKKE"])
]
last = rows.sort_values(["date", "consultation_key"]).groupby("group_key").tail(1)
asked = len(last)
breastfed = int((last["breastfeeding_status"] != "IKKE").sum())

# Small counts, and shares of small groups, could be those of a child that somebody knows.
if asked < 10 or 1 <= breastfed <= 4 or 1 <= asked - breastfed <= 4:
    print(":")
else:
    print(f"{(200 * breastfed + asked) // (2 * asked)} per cent of {asked}")
