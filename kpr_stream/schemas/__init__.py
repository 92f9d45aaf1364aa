"""Avro at the edge: the catalogue of schemas, the wire format, containers, the ledger header."""
