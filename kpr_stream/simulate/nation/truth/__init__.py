"""Say what a perfect receiver answers and must hold, by key, as Parquet tables.

``receive`` answers every line, ``supersede`` lets the newer of two systems win. The tables are made
in ``record_table`` (with ``content``), ``line_tables`` and ``person_tables``; ``tables`` has what
they share. Nothing here uses code of the processor.

| table | one row |
| --- | --- |
| ``records`` | a version of a consultation or appointment; ``current`` is the one at the end |
| ``outcomes`` | a line of an export: its position and its outcome |
| ``faults`` | a line with a fault or an event: which, and its effect |
| ``files`` | an export file: when it is sent, in which round |
| ``persons`` | a resident of a place, with all numbers |
| ``reservations`` | a person's reservation of kinds of data from a day, possibly revoked later |

Files of a place are sent in the order of their rounds: a new round begins where the other system
of a place is next. Within a round each system's files are sent in order. That order is enough for
the answers in the table of outcomes. ``same_as`` is the local id by which the older of two systems
knows a visit, even if the records alone do not show it.

Contents are as sent. ``reserved`` names the kinds of data that a receiver must not hold of a
record once it knows the reservations, each under every number of its person.

``valid_from`` is when a line was sent. The state at a time is the last version of each key sent
before. Times are milliseconds since 1970, dates days.
"""
