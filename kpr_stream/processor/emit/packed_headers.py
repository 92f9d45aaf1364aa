"""Make ledger headers and ledger entries of many cleaned records at once. Pure.

The layouts are those of ``model/header.py`` and ``state/entries.py``; a test compares the bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kpr_stream.model.header import HEADER_VERSION, HeaderStatus
from kpr_stream.processor.state.known import UNCOMMITTED
from kpr_stream.schemas.segments import Bytes, Whole

_SHARED: Final = [
    ("status", "u1"),
    ("system", "u1"),
    ("extracted_at", ">i8"),
    ("sequence", ">i8"),
    ("revision", ">u4"),
]
_SOURCE: Final = [("source_topic", "u1"), ("source_offset", ">i8")]
_KEYS: Final = [("natural_key", "u1", 16), ("person_key", "u1", 16), ("content_hash", "u1", 16)]
_HEADER: Final = np.dtype([("version", "u1"), *_SOURCE, *_SHARED, *_KEYS])
_ENTRY: Final = np.dtype([*_SHARED, *_SOURCE, *_KEYS, ("offset", ">i8")])


@dataclass(frozen=True, slots=True, repr=False)
class Caused:
    """What headers and entries of accepted items hold: arrays with one value a row."""

    source_topic: Whole
    source_offset: Whole
    system: Whole
    extracted_at: Whole
    sequence: Whole
    natural_key: Bytes
    person_key: Bytes
    content_hash: Bytes

    def headers(self) -> list[bytes]:
        """Return the packed ledger header of each row."""
        return self._packed(_HEADER, {"version": HEADER_VERSION})

    def entries(self) -> list[bytes]:
        """Return the ledger entry of each row, of a record that is not committed yet."""
        return self._packed(_ENTRY, {"offset": UNCOMMITTED})

    def _packed(self, layout: np.dtype[Any], more: Mapping[str, int]) -> list[bytes]:
        table: NDArray[Any] = np.zeros(len(self.sequence), layout)
        table["status"] = HeaderStatus.LIVE
        for name in self.__slots__:
            table[name] = getattr(self, name)
        for name, value in more.items():
            table[name] = value
        data, size = table.tobytes(), layout.itemsize
        return [data[at : at + size] for at in range(0, len(data), size)]
