"""Question (c) with DuckDB: the same figure as breastfed.sql, from the files of an export.

Example: python examples/analyse/breastfed_duckdb.py rows
"""

import sys
from pathlib import Path

import duckdb

COUNTS = """
WITH last_answer AS (
    SELECT arg_max(breastfeeding_status, (date, consultation_key)) AS answer
    FROM read_parquet(?)
    WHERE service = 'HELSESTASJON_0_5' AND attendance = 'MOTT' AND age_months = 6
        AND group_key IS NOT NULL AND breastfeeding_status IN ('FULLT', 'DELVIS', 'IKKE')
    GROUP BY group_key
)
SELECT count(*), count(*) FILTER (WHERE answer <> 'IKKE') FROM last_answer
"""
files = str(Path(sys.argv[1]) / "consultation" / "*.parquet")
asked, breastfed = duckdb.execute(COUNTS, [files]).fetchone()

# Small counts, and shares of small groups, could be those of a child that somebody knows.
if asked < 10 or 1 <= breastfed <= 4 or 1 <= asked - breastfed <= 4:
    print(":")
else:
    print(f"{(200 * breastfed + asked) // (2 * asked)} per cent of {asked}")
