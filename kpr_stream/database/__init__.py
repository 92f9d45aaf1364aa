"""PostgreSQL: reach it, bring it to this release, fill its reference tables.

access (address and login), connect (sessions and what their failures mean), migrate (schema
changes, in ``migrations/``), reference_rows and load_reference (the reference data).

Every failure names the server, the role, the cause and what to do, and never a value from a row.
"""
