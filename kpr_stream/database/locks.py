"""Name the advisory locks that processes of different rooms share."""

from __future__ import annotations

from typing import Final

REFRESH_LOCK: Final = 0x6B70_7203
"""Held by a refresh of the views, and by the swap of a rebuild, which replaces its sources."""
