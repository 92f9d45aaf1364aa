"""The dry run: an EPJ's export judged as the receiver would, with nothing sent and nothing stored.

Needs polars and fastavro; no Kafka, no keys, no database.
"""
