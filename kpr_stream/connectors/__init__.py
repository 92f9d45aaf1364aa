"""The EPJ side: from an export folder to answered deliveries.

export (read the files), mapping (to the contract), delivery (pack and seal), outbox (keep until
answered), exchange (publish, take receipts), ingest and run (drive them), summary (report).

Needs the extra ``connector`` only: no stream processor, no ledger, no database server.
"""
