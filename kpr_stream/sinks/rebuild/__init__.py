"""Rebuild a sink's tables from its topics in a schema beside the live one, then swap them.

target (where the new tables are), objects (what a table has beside its rows), prepare (make the new
tables, or resume an earlier start), read (fill them from Kafka), carry (what only the old tables
have), swap (the one transaction that replaces them), run (the order of these steps).

Nothing of the live schema changes before the swap, and the swap is one transaction. So a rebuild
may be killed at any time: the next one resumes, or begins again.
"""
