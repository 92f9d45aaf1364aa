"""The spans of a sink: for each traced delivery, from the fetch of its records to the commit."""

from __future__ import annotations

from collections import Counter
from typing import Final

from kpr_stream.kafka.partition_reader import Fetched
from kpr_stream.traces import context
from kpr_stream.traces.spans import Traces

NAME: Final = "rows stored"


def trace_rows(traces: Traces, sink: str, fetched: Fetched, *, began_s: float) -> None:
    """Record a span for each delivery whose records were committed just now."""
    if not traces.enabled:
        return
    counted = Counter(
        parent
        for records in fetched.values()
        for record in records
        if (parent := context.of_headers(record.headers)) is not None
    )
    for parent, number in counted.items():
        span = traces.begin(NAME, parent=parent, at_s=began_s, attributes={"kpr.sink": sink})
        span.end({"kpr.records": number})
