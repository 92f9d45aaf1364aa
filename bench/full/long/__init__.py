"""Runs of half an hour or more.

``soak`` keeps live traffic up and says what grows (``trend``). It watches every process
(``samples``).
"""
