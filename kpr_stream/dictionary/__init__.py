"""Describe everything that an analyst may read: relations, fields, units, code lists.

    relations.json  relations of the database with their comments, written by
                    ``python -m tools.analyst_relations`` from a migrated database
    meaning.toml    what neither comments nor Avro docs say: questions, units, code lists, owner
    model           all of it as one value
    page, rows      that value as HTML, and as CSV or JSON

No database is needed: the descriptions are those of this release, and a test compares them with a
migrated database. The data contracts and the catalogue description are made of the same value.
"""
