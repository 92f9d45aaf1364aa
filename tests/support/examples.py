"""How many examples an expensive property tries."""

from __future__ import annotations

from hypothesis import settings

USUAL = 100
"""Examples that Hypothesis tries if a test says nothing."""


def examples(number: int) -> int:
    """Return the number of examples: in the profile `check` a tenth, and five at least."""
    share = settings().max_examples / USUAL
    return number if share >= 1 else max(5, round(number * share))
