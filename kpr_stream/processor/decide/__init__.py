"""Decide: what becomes of each delivery and item, and which records are written for it. Pure.

In the order of the flow: ``batch`` (choose, then decide in order), ``delivery`` (place, state,
receipt), ``items`` and ``outcome`` (one of seven for each item), ``supersede`` and
``superseded_content`` (a unit changes its EPJ), ``links`` and ``link_records``
(ids of one person), ``quarantine`` and ``receive_again`` (rejected items). ``unit_of_work`` holds
what a batch is decided with and what it writes.

Nothing here writes to Kafka or the ledger. Each delivery leaves exactly one receipt.
"""
