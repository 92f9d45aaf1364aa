"""Fill ledgers with a history, in the shape that a worker that received it would leave.

Entries are made by the ledger's own code (``entries_of``) from headers with random keys, four
consultations a person. Their offsets, times and topics are made up: a lookup does not read them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Final

from bench.ledger import header
from bench.visits import VISITS
from kpr_stream.model import topics
from kpr_stream.model.topics import PARTITIONS
from kpr_stream.processor.adapters.ledger import Ledger, LedgerMemory
from kpr_stream.processor.state.entries import Entries, entries_of

PERSONS_AT_ONCE: Final = 250
"""As many as a micro-batch of 1,000 items has."""
OF_THE_TOPICS: Final = (b"w", b"i", b"o")
"""Marks of entries that say which topics a ledger was read from, and how far."""


def fill(folder: Path, items: int, known: Mapping[int, Entries] | None = None) -> None:
    """Write a history of about ``items`` consultations into the ledgers of all lanes.

    ``known``: by lane, what is written first, and so lies below all the rest.
    """
    dice, memory = Random(items), LedgerMemory()
    persons = items // VISITS
    for lane in range(PARTITIONS):
        ledger = lane_ledger(folder, lane, memory)
        ledger.write((known or {}).get(lane, {}))
        numbers = range(lane, persons, PARTITIONS)
        for first in range(0, len(numbers), PERSONS_AT_ONCE):
            puts: Entries = {}
            for number in numbers[first : first + PERSONS_AT_ONCE]:
                puts |= _person(number, dice)
            ledger.write(puts)
        ledger.close()


def read_known(folder: Path) -> dict[int, Entries]:
    """Return by lane what ledgers hold, but for what ties them to the topics of their stack."""
    memory, found = LedgerMemory(), {}
    for lane in range(PARTITIONS):
        ledger = lane_ledger(folder, lane, memory)
        found[lane] = {k: v for k, v in ledger.entries() if k[:1] not in OF_THE_TOPICS}
        ledger.close()
    return found


def lane_ledger(folder: Path, lane: int, memory: LedgerMemory) -> Ledger:
    """Open the ledger of a lane in a worker's folder."""
    return Ledger(folder / f"lane-{lane}", memory)


def _person(number: int, dice: Random) -> Entries:
    """Return the entries of a person, of the unit's own id of the person, and of the visits."""
    key, local = dice.randbytes(16), dice.randbytes(16)
    one = replace(header(number, dice), person_key=key, system=1)
    puts: Entries = {}

    def put(topic: str, record_key: bytes, **changes: bytes) -> None:
        named = record_key.hex().encode()
        puts.update(entries_of(topic, named, b"-", replace(one, **changes), known=puts.get))  # type: ignore[arg-type] # all of these fields are bytes

    put(topics.IDENTITY, key)
    put(topics.IDENTITY_LINK, key, natural_key=local)
    for _ in range(VISITS):
        put(
            topics.CONSULTATION,
            dice.randbytes(16),
            natural_key=dice.randbytes(16),
            content_hash=dice.randbytes(16),
        )
    return puts
