"""Export the rows that an analyst may see as Parquet files, and keep an export up to date.

An export is a folder: one file for each relation and month, and ``manifest.json``, which is written
last. ``create`` makes a folder, ``refresh`` rewrites the months whose rows have changed.

- pure: ``columns`` (types of PostgreSQL and Polars), ``manifest``, ``plan`` (which files to write),
- ``read`` asks the database, ``folder`` writes files.
"""
