"""A small synthetic world: exports of the four EPJ systems, and what a perfect receiver holds.

Everything follows from the seed alone: same seed, same bytes, in any process.
"""
