"""A receiver without Kafka: the pipeline of a worker over a ledger in memory. Pure.

``receiver`` decides records and keeps what is written, ``keys`` makes its keys. ``wrap`` puts a
clear container into an envelope, ``dry_run`` reports everything that is wrong with one record. The
dry run of an own sender's bytes (``kpr-stream check --record``) and the golden deliveries use this.
"""
