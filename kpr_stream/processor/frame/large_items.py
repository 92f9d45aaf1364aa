"""Find deliveries with an item that is larger than the receiver takes one. Pure.

A rejected item is one record on the quarantine topic. A larger record would end the worker.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from polars import col

from kpr_stream.model.delivery import Decrypted
from kpr_stream.model.limits import RECEIVER


def without_large_items(
    sent: pl.DataFrame, deliveries: Sequence[Decrypted]
) -> tuple[pl.DataFrame, list[int | None]]:
    """Return the items of the deliveries that have no too large item.

    Of each delivery also the index of its first too large item; None if it has none.

    Only texts are measured: an item's numbers are some hundred bytes. The usual delivery is
    smaller than one item may be, and costs nothing here.
    """
    sizes = [sum(len(block) for _, block in delivery.blocks) for delivery in deliveries]
    if all(size <= RECEIVER.item_bytes for size in sizes):
        return sent, [None] * len(deliveries)
    counts = [sum(count for count, _ in delivery.blocks) for delivery in deliveries]
    rows = [at for at, count in enumerate(counts) for _ in range(count)]
    items = [item for count in counts for item in range(count)]
    texts = [
        col(name).str.len_bytes() if kind == pl.String else col(name).list.join("").str.len_bytes()
        for name, kind in sent.schema.items()
        if kind == pl.String or kind == pl.List(pl.String)
    ]
    measured = sent.select(
        pl.Series("delivery", rows, pl.UInt32),
        pl.Series("item", items, pl.UInt32),
        too_large=pl.sum_horizontal(text.cast(pl.Int64) for text in texts) > RECEIVER.item_bytes,
    )
    too_large = measured.filter("too_large").group_by("delivery").agg(col("item").min())
    large = dict(too_large.rows())
    kept = measured.select(~col("delivery").is_in(list(large))).to_series()
    return sent.filter(kept), [large.get(at) for at in range(len(deliveries))]
