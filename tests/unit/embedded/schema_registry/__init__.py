"""Unit tests of embedded.schema_registry."""
