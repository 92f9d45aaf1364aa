"""The columns that name the source of a row."""

from __future__ import annotations

from typing import Final

EPOCH: Final = "source_epoch"
PARTITION: Final = "source_partition"
OFFSET: Final = "source_offset"
