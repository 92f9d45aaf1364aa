"""Find the records of the past that a later record of their key has replaced. Pure.

The topic keeps replaced records until it is compacted, for days. Their rows are no more in the
views: somebody has corrected, reserved or erased what they hold. A tail that begins in the past
leaves them out.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl


class ReplacedRecords:
    """Takes the keys of one partition in their order. Some 60 bytes a record, values never."""

    def __init__(self) -> None:
        self._parts: list[pl.DataFrame] = []

    def take(self, keys: Sequence[bytes], offsets: Sequence[int]) -> None:
        """Take the next records of the partition."""
        schema = {"key": pl.Binary, "offset": pl.Int64}
        self._parts.append(pl.DataFrame({"key": keys, "offset": offsets}, schema=schema))

    def offsets(self) -> frozenset[int]:
        """Return the offsets of all records that a later one has replaced."""
        if not self._parts:
            return frozenset()
        records = pl.concat(self._parts)
        newest = records.group_by("key").agg(pl.col("offset").max())
        replaced = records.join(newest, on=["key", "offset"], how="anti")
        return frozenset(replaced["offset"])
