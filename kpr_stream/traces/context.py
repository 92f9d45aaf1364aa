"""Read and write the header ``traceparent`` (W3C Trace Context, version 00). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

HEADER: Final = "traceparent"
LONGEST: Final = 55
"""Bytes of a valid value. A longer one is not looked at: a sender may write anything."""
_FORM: Final = re.compile(rb"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")


def valid(value: bytes | None) -> str | None:
    """Return a value if it has the form of version 00 and no id of zeros; else None."""
    if value is None or len(value) > LONGEST:
        return None
    found = _FORM.fullmatch(value)
    if found is None or not int(found[1], 16) or not int(found[2], 16):
        return None
    return value.decode("ascii")


def of_headers(headers: Iterable[tuple[str, bytes | None]] | None) -> str | None:
    """Return the valid value among a record's headers, the first of that name; or None."""
    for name, value in headers or ():
        if name == HEADER:
            return valid(value)
    return None


def headers_for(traceparent: str | None) -> list[tuple[str, bytes]]:
    """Return the headers with which a record hands a trace on; none where nothing is traced."""
    return [] if traceparent is None else [(HEADER, traceparent.encode())]


def ids(traceparent: str) -> tuple[int, int]:
    """Return trace id and span id of a valid value."""
    _, trace, span, _ = traceparent.split("-")
    return int(trace, 16), int(span, 16)


def written(trace_id: int, span_id: int, *, sampled: bool) -> str:
    """Return the value of a span."""
    return f"00-{trace_id:032x}-{span_id:016x}-{int(sampled):02x}"
