"""What is not right in a delivery's envelope and costs nothing: the receipt reports it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kpr_stream.model.coverage import FIRST_DAY
from kpr_stream.model.identifiers import looks_like_an_id
from kpr_stream.model.limits import VERSION_LETTERS
from kpr_stream.model.norwegian_time import norwegian_day
from kpr_stream.model.words import MessageType, Note

VERSION_NOTES: Final = frozenset(
    {Note.SOFTWARE_VERSION_EMPTY, Note.SOFTWARE_VERSION_TOO_LONG, Note.SOFTWARE_VERSION_LIKE_ID}
)
"""After one of these the software version is not stored: it may be anything."""


def heading_notes(raw: Mapping[str, Any], *, at: int) -> tuple[Note, ...]:
    """Return what is not right; ``raw`` is the envelope as sent, ``at`` broker time in ms.

    Items may lie outside the period. A hello has none.
    """
    version, first, last = raw["software_version"], raw["period_from"], raw["period_to"]
    has_period = raw["message_type"] != MessageType.HELLO
    long = len(version) > VERSION_LETTERS
    found = {
        Note.SOFTWARE_VERSION_EMPTY: not version.strip(),
        Note.SOFTWARE_VERSION_TOO_LONG: long,
        # A longer text is not searched.
        Note.SOFTWARE_VERSION_LIKE_ID: not long and looks_like_an_id(version),
        Note.PERIOD_REVERSED: has_period and last < first,
        Note.PERIOD_BEFORE_2017: has_period and first < FIRST_DAY,
        Note.PERIOD_AFTER_TODAY: has_period and last > norwegian_day(at),
    }
    return tuple(note for note, is_so in found.items() if is_so)
