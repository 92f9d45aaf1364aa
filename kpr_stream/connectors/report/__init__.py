"""Report from an outbox while its connector runs: units, open errors of items, holes in the files.

``holes`` is pure. ``read`` opens the outbox read-only, ``units`` and ``errors`` query it.
"""
