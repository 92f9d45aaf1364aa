"""What a worker's stages cost, as a multiple of the loop without guarantees: CPU time, no broker.

    python -m bench.guard [--item-by-item]

Both take the same deliveries in turn, and the best round of each counts: other work of the machine
makes a round slower, never faster. Prints one JSON object. A test holds the ratio to ``MOST``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from time import process_time
from typing import Final

from bench.plain_loop import rows_of
from bench.stages import Load, deliveries, one_round, settle_memory
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.schemas import wire
from tests.support.deliveries import private_keys

ROUNDS: Final = 5
DELIVERIES: Final = 8
EACH: Final = 1_000
BATCH: Final = 4_000
MOST: Final = 3.6
"""Measured on two cores: 2.4 in columns and 4.9 item by item. Halfway, so that neither a slow
machine nor a fast one crosses it, and losing the columns does."""


def ratio(*, columns: bool) -> float:
    """Return the CPU time of a worker's stages by that of decrypting and decoding alone."""
    settle_memory()
    records = deliveries(DELIVERIES, EACH)
    load = Load(EACH, BATCH, columns)
    rounds = [(_ours(records, load), _plain(records)) for _ in range(ROUNDS)]
    return min(ours for ours, _ in rounds) / min(plain for _, plain in rounds)


def _ours(records: Sequence[SourceRecord], load: Load) -> float:
    return sum(one_round(records, load).values())


def _plain(records: Sequence[SourceRecord]) -> float:
    keys, began, items = private_keys(), process_time(), 0
    for one in records:
        items += len(rows_of(wire.decode("delivery", one.value or b""), keys))
    return 1e6 * (process_time() - began) / items


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--item-by-item", action="store_true", help="without columns")
    options = parser.parse_args()
    found = ratio(columns=not options.item_by_item)
    print(json.dumps({"to_plain_loop": round(found, 2), "most": MOST}))


if __name__ == "__main__":
    main()
