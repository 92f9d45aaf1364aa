"""A made-up history has the shape of a real one, and later deliveries build on the first."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from bench.end_to_end import places
from bench.full.growth import LaterLoad
from bench.full.history import fill, lane_ledger, read_known
from bench.visits import visits
from kpr_stream.model.topics import PARTITIONS
from kpr_stream.processor.adapters.ledger import LedgerMemory
from tests.support.deliveries import source_record
from tests.support.receiver import Receiver

ITEMS = 800


def marks(folder: Path) -> tuple[Counter[int], Counter[tuple[int, int]]]:
    """Count the entries of items by mark, and the sizes of keys and values by mark."""
    memory, found, sizes = LedgerMemory(), Counter[int](), Counter[tuple[int, int]]()
    for lane in range(PARTITIONS):
        ledger = lane_ledger(folder, lane, memory)
        for key, value in ledger.entries():
            if key[0] in b"cnph":
                found[key[0]] += 1
                sizes[key[0], len(key) + len(value)] += 1
        ledger.close()
    return found, sizes


def test_a_history_has_the_entries_that_a_worker_would_have_left(tmp_path: Path) -> None:
    fill(tmp_path / "made", ITEMS)
    ledger = lane_ledger(tmp_path / "real", 0, LedgerMemory())
    Receiver(store=ledger).take(source_record(visits(ITEMS)))
    ledger.close()
    assert marks(tmp_path / "made") == marks(tmp_path / "real")


def test_what_a_worker_remembers_is_written_first_and_found_again(tmp_path: Path) -> None:
    ledger = lane_ledger(tmp_path / "real", 3, LedgerMemory())
    Receiver(store=ledger).take(source_record(visits(8)))
    ledger.close()
    known = read_known(tmp_path / "real")
    assert {key[:1] for key in known[3]} >= {b"c", b"n", b"p", b"h", b"u"}
    fill(tmp_path / "made", ITEMS, known)
    memory = LedgerMemory()
    grown = lane_ledger(tmp_path / "made", 3, memory)
    assert all(grown.get(key) == value for key, value in known[3].items())
    # Nothing ties it to topics, whose offsets it would be compared with.
    assert not any(key[:1] in (b"w", b"i", b"o") for key, _ in grown.entries())
    grown.close()


def test_later_deliveries_repeat_some_items_and_name_known_persons() -> None:
    each = 40
    load = LaterLoad(2 * len(places()), each)
    for number in (0, 5, len(places()) + 5):
        place = number % len(places())
        first = visits(each, place * each)
        items = load.items_of(number)
        ids = [item["consultation_id"] for item in items]
        assert len({*ids}) == len(items) == each
        assert [one for one in items if one in first] == first[:2]
        persons = {one["fnr"] for one in first}
        assert sum(one["fnr"] in persons for one in items) == 2 + 19
    every = [
        item["consultation_id"] for n in range(load.deliveries) for item in load.items_of(n)[2:]
    ]
    assert len({*every}) == len(every)
