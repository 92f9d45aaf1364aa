"""Check the whole line from outside: outcomes that balance, rows that equal, ids that leak.

balance (counts of receipts, records and quarantine), rows (tables against the truth), privacy
(search for national ids). Reads topics, rows and files; shares no code with the processor's
decisions, so that an error there cannot hide here.
"""
