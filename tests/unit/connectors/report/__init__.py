"""Reports from an outbox."""
