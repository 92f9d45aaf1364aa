"""Say what one record of the analysts' topic means. Pure.

A record with a value is a consultation as analysts see it. One without a value says that analysts
see no consultation of this key, or see it no more: it was deleted, superseded or erased, or belongs
to a health station for youth. The topic does not say which.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from kpr_stream.errors import WireFormatError
from kpr_stream.kafka.foreign import RecordPlace, foreign_record, unreadable_record
from kpr_stream.model.printable import printable
from kpr_stream.schemas import wire

RECORD: Final = "analyst_consultation"
REMOVED: Final = "removed"
"""What a line shows in place of a row."""
_KEY: Final = re.compile(rb"[0-9a-f]{32}")
_COLUMNS: Final[tuple[tuple[str, str, int, Callable[[str, int], str]], ...]] = (
    ("date", "date", 10, str.ljust),
    ("municipality_code", "place", 5, str.ljust),
    ("org_nr", "unit", 9, str.ljust),
    ("system", "system", 16, str.ljust),
    ("programme_step", "step", 14, str.ljust),
    ("age_months", "months", 6, str.rjust),
    ("weight_g", "weight g", 8, str.rjust),
    ("length_mm", "length mm", 9, str.rjust),
    ("breastfeeding_status", "breastfeeding", 13, str.ljust),
    ("consultation_key", "consultation", 32, str.ljust),
)
"""Field, head of the column, its width and where its text lies. The key is last: a narrow window
cuts it first."""


@dataclass(frozen=True, slots=True)
class TopicChange:
    """A consultation that is shown or changed; ``row`` is None where it is removed."""

    key: str
    row: dict[str, Any] | None

    def as_object(self) -> dict[str, Any]:
        """Return the fields, and whether the consultation is ``shown``. Dates are not text yet."""
        return {"consultation_key": self.key, "shown": self.row is not None, **(self.row or {})}

    def as_line(self) -> str:
        """Return the line of a table of fixed columns. No character controls the terminal."""
        row = self.row or {"date": REMOVED, "consultation_key": self.key}
        return _line(_cell(row.get(name)) for name, *_ in _COLUMNS)


def head() -> str:
    """Return the first line of the table."""
    return _line(title for _, title, *_ in _COLUMNS)


def read_change(place: RecordPlace, key: bytes | None, value: bytes | None) -> TopicChange:
    """Return what a record means. WireFormatError names one that the projector cannot have written.

    The key of a foreign record is not quoted.
    """
    if key is None or not _KEY.fullmatch(key):
        raise foreign_record(place, "its key is not that of a consultation")
    try:
        row = None if value is None else wire.decode(RECORD, value)
    except WireFormatError as cause:
        raise unreadable_record(place, cause) from None
    return TopicChange(key.decode("ascii"), row)


def _line(texts: Any) -> str:  # noqa: ANN401
    parts = (place(text, width) for text, (_, _, width, place) in zip(texts, _COLUMNS, strict=True))
    return "  ".join(parts).rstrip()


def _cell(value: Any) -> str:  # noqa: ANN401 - any value of a record
    # A sender's code may hold any character, an escape sequence too.
    return "" if value is None else printable(str(value))
