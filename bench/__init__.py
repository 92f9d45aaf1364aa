"""Benchmarks: measured, never tested against a clock."""
