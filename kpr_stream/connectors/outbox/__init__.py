"""What must be sent, what was sent, and what became of it, kept in one SQLite file.

sqlite (the file), records and outbox (its content), protocol (what a receipt means, pure),
apply_receipts (carry it out).

Whenever the process ends, nothing is lost and nothing is counted twice.
"""
