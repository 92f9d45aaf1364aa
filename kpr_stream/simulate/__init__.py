"""Simulate exports of the four EPJ systems, and say what a perfect receiver then holds.

``small/`` makes a small world for tests and the demo, ``nation/`` the whole nation, and
``identifiers`` numbers that no real person or unit can have. Everything follows from the seed: the
same seed gives the same bytes in any process.
"""
