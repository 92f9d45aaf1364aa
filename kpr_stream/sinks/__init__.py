"""Sinks: from the compacted output topics into PostgreSQL, rows and position in one transaction."""
