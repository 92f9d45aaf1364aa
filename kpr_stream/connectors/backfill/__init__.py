"""Send the history of a unit month by month, behind its live deliveries.

``months`` (which documents, in which order) and ``progress`` (how far, how fast, how long) are
pure. ``behind_live`` waits for live work and keeps the pace, ``history`` drives it all.
"""
