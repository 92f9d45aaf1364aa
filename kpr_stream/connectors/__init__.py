"""The EPJ side: from an export to answered deliveries.

The rooms in the order of the flow:

    source    where items come from: files, FHIR, a Python program
    export    reads the files of the export format
    fhir      reads FHIR snapshots
    mapping   maps items to the contract; how each system writes: ``mapping/tables/``
    delivery  packs and seals deliveries
    outbox    keeps deliveries until they are answered
    exchange  publishes deliveries, takes receipts
    report    reports units, open errors and holes while the connector runs

``ingest`` drives source to outbox, ``run`` drives the whole, ``summary`` reports.

Needs the extra ``connector`` only: no stream processor, no ledger, no database server.
"""
