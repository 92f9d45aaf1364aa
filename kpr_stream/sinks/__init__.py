"""Mirror output topics into PostgreSQL tables.

tables (what is mirrored), reader (the Kafka side), latest, history, decode and batch (records to
rows), position (where to read), statements and store (the database side), persist (retry), service
(the loop), run (the process), rebuild (make the tables again, beside the live ones), verify and
verify_values (compare tables with topics).

Rows and positions change in one transaction, so that every record takes effect exactly once.
"""
