"""Support tests: records and deliveries, a receiver in memory, stacks, waiting, fixtures."""
