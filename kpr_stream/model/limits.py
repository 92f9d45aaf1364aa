"""Limits that several rooms share."""

from __future__ import annotations

from typing import Final

FRAME_MAX_ITEMS: Final = 1000
"""Default of the items in a micro-batch. The dry run uses the same number, without the settings:
a vendor's dry run needs Polars and fastavro only."""
