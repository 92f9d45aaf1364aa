"""The contracts as Avro schemas, shipped as package data."""
