"""Topics whose records are read one by one: receipts, unit and quarantine states, rights.

There are few of them beside the cleaned records, and one record may give rows of several tables.
tables (what is stored), receipts, units, quarantine and rights (rows of a record), batch (of many
records), statements (the SQL).
"""
