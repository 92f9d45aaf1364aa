"""Kafka: reach it, read it, close it.

access (address and login), connect (what a failure means), partition_reader (the one reader under
all readers), read_topic (whole topics), close (a consumer whose broker is away).

Every failure names the broker, the principal, the cause and what to do.
"""
