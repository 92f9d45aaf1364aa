"""The EPJ side, in flow order: read, map, pack, outbox, publish, receipts, order; run drives them.

Needs the extra ``connector`` only: no stream processor, no ledger, no database server.
"""
