"""The vocabulary: systems, topics, outcomes, deliveries, receipts. Pure; no I/O."""
