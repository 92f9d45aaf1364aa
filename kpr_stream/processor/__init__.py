"""The processor: from a delivery on Kafka to cleaned records and a receipt.

The flow, room by room:

    intake    is the envelope valid, is the delivery next in its sequence, can it be decrypted?
    frame     decode the items of many deliveries at once, validate and enrich them
    items     the items of a frame, in columns, and one by one where those are needed
    decide    what becomes of each item and delivery
    columns   the items of a large batch that change nothing but themselves, all at once
    emit      every output record, made from what was decided
    state     what a lane remembers, and what a batch adds to it
    poison    a delivery that makes the receiver raise or die harms no other
    commands  what operators and privacy officers send to a lane
    pipeline  joins all of the above: read ``pipeline.py`` first
    lanes     take, run the pipeline, commit in one transaction, remember
    adapters  Kafka, RocksDB, child processes · faust_app: the group · worker: the process

The rule: only ``worker``, ``faust_app``, ``lanes`` and ``adapters`` may touch the world (clock,
disk, Kafka, processes). All other rooms are pure, and a lower room never imports a higher one:
intake, state < items < frame; emit < decide < columns < poison < commands < pipeline < adapters <
lanes < faust_app < worker. ``tests/unit/repository/test_imports.py`` enforces both. No
``__init__`` imports anything.
"""
