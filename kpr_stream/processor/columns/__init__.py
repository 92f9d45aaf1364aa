"""Decide in columns: the plain items of a batch, all at once. Pure.

In order: ``gather`` (the items of all deliveries), ``persons`` (each distinct id is hashed once),
``look_up`` (one read of the ledger), ``judge`` (which items are plain, and their outcomes),
``shared`` (persons that plain and other items share), ``identities`` and ``cleaned`` (records and
ledger entries, made in ``emit/``), ``plan`` (joins all of these).

The item-by-item way in ``decide/`` is the definition. What is decided here equals it, byte for
byte; an item for which this is not certain goes item by item.
"""
