"""The synthetic nation, piece by piece."""
