"""The EPJ side: from an export folder to answered deliveries.

The rooms in the order of the flow:

    export    reads the files
    mapping   maps items to the contract; how each system writes: ``mapping/systems.py``
    delivery  packs and seals deliveries
    outbox    keeps deliveries until they are answered
    exchange  publishes deliveries, takes receipts

``ingest`` drives export to outbox, ``run`` drives the whole, ``summary`` reports.

Needs the extra ``connector`` only: no stream processor, no ledger, no database server.
"""
