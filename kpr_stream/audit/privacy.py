"""Search for national ids where none may be: topics as decoded records, and log files.

A search that finds nothing proves nothing by itself. So a canary is planted first: an id of its
own in a compressed batch and in a log file, which the same search must find.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kpr_stream.kafka.read_topic import TopicRecord

_DIGITS: Final = re.compile(rb"[0-9]{11,}")
ID_LENGTHS: Final = (11, 12)
"""fnr, D- and FH-numbers have 11 digits, DUF numbers 12."""
READ_BYTES: Final = 1 << 20
OVERLAP_BYTES: Final = 64
"""Carried over from one read to the next, so that an id on the border is found."""


@dataclass(frozen=True, slots=True)
class Leak:
    """Where an id was found. Never which id."""

    place: str


def search_bytes(data: bytes, ids: frozenset[bytes]) -> bool:
    """Return whether any of the ids is in the bytes, also inside a longer run of digits."""
    for run in _DIGITS.finditer(data):
        digits = run.group()
        for length in ID_LENGTHS:
            if any(digits[i : i + length] in ids for i in range(len(digits) - length + 1)):
                return True
    return False


def search_record(record: TopicRecord, ids: frozenset[bytes]) -> Leak | None:
    """Search one record: key, value and headers."""
    parts = [record.key or b"", record.value or b"", *(v for _, v in record.headers)]
    if any(search_bytes(part, ids) for part in parts):
        return Leak(f"{record.topic} partition {record.partition} offset {record.offset}")
    return None


def search_files(paths: Iterable[Path], ids: frozenset[bytes]) -> Iterator[Leak]:
    """Search files, names included. A name that holds an id is not repeated."""
    for path in paths:
        if search_bytes(path.name.encode(), ids):
            yield Leak(f"the name of a file in {path.parent.name}")
        elif _in_file(path, ids):
            yield Leak(f"file {path.name}")


def _in_file(path: Path, ids: frozenset[bytes]) -> bool:
    carried = b""
    with path.open("rb") as file:
        while block := file.read(READ_BYTES):
            if search_bytes(carried + block, ids):
                return True
            carried = block[-OVERLAP_BYTES:]
    return False
