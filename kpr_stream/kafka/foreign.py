"""Name a record that the receiver did not write, and skip those that an operator has named. Pure.

A foreign record stops its readers: nothing is skipped in silence. An operator who has looked at it
names it in KPR_SKIP_RECORDS, and every reader of this project leaves it out from then on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from kpr_stream.errors import ConfigurationError, WireFormatError
from kpr_stream.model.header import HEADER_NAME

NOT_OURS: Final = (WireFormatError, ValueError, TypeError, KeyError)
"""With which reading a record fails that the processor did not write."""
RecordPlace = tuple[str, int, int]
"""Topic, partition, offset."""
_PLACE = re.compile(r"([A-Za-z0-9._-]+)/([0-9]+)@([0-9]+)")


def place_text(place: RecordPlace) -> str:
    """Return a place as messages and KPR_SKIP_RECORDS write it."""
    topic, partition, offset = place
    return f"{topic}/{partition}@{offset}"


def read_places(text: str) -> frozenset[RecordPlace]:
    """Read KPR_SKIP_RECORDS; ConfigurationError if it is not a list of places."""
    found: set[RecordPlace] = set()
    for one in filter(None, (part.strip() for part in text.split(","))):
        match = _PLACE.fullmatch(one)
        if match is None:
            raise ConfigurationError(
                "KPR_SKIP_RECORDS is not a list of records.",
                what_to_do="Write topic/partition@offset, with commas between several.",
            )
        found.add((match[1], int(match[2]), int(match[3])))
    return frozenset(found)


def has_ledger_header(headers: Sequence[tuple[str, bytes]]) -> bool:
    """Return whether a record has the header that every record of the processor has."""
    return any(name == HEADER_NAME for name, _ in headers)


def require_ledger_header(place: RecordPlace, headers: Sequence[tuple[str, bytes]]) -> None:
    """Raise the error of a foreign record if a record has no ledger header."""
    if not has_ledger_header(headers):
        raise foreign_record(place, "it has no ledger header")


def unreadable_record(
    place: RecordPlace, cause: Exception, otherwise: str = "it cannot be read"
) -> WireFormatError:
    """Return the error of a record that cannot be read. ``otherwise`` stands for other causes.

    Only our own errors are quoted: the text of any other may quote the record.
    """
    why = cause.message if isinstance(cause, WireFormatError) else otherwise
    return foreign_record(place, why)


def foreign_record(place: RecordPlace, why: str) -> WireFormatError:
    """Return the error of a record that this receiver cannot have written."""
    topic, partition, offset = place
    return WireFormatError(
        f"{topic}, partition {partition}, offset {offset}: {why.rstrip('.')}.",
        what_to_do="Only the processor of this or an earlier release may write there: treat it as "
        f"an incident. To resume without the record set KPR_SKIP_RECORDS={place_text(place)} "
        "(docs/operate/topics.md#a-foreign-record).",
        code="UNDECODABLE",
    )
