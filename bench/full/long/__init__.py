"""Runs of half an hour or more.

``nation`` sends a share of the simulated nation through connectors, workers and sinks, and compares
the counts at the end with the simulator's (``nation_counts``). ``soak`` keeps live traffic up and
says what grows (``trend``). Both watch every process (``samples``).
"""
