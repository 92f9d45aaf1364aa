"""The spans of a lane's transaction: one for each delivery, from its arrival to the commit."""

from __future__ import annotations

from collections.abc import Sequence

from kpr_stream.model.delivery import SourceRecord, is_delivery_id
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.topics import SOURCE_TOPICS
from kpr_stream.model.words import SYSTEMS
from kpr_stream.processor.decide.delivery import DecidedDelivery, is_command
from kpr_stream.traces import context
from kpr_stream.traces.spans import Span, Traces

NAME = "delivery answered"

Headers = list[tuple[str, bytes]]


class TracedBatch:
    """The spans of the records that one transaction was given."""

    def __init__(self, traces: Traces, records: Sequence[SourceRecord]) -> None:
        """Begin a span for each delivery; nothing where traces are off."""
        self._spans: dict[tuple[int, int], Span] = {}
        if not traces.enabled:
            return
        for record in records:
            if not is_command(record):
                self._spans[record.topic_index, record.offset] = traces.begin(
                    NAME,
                    parent=record.traceparent,
                    at_s=record.received_at / 1000,
                    attributes={
                        "messaging.destination.name": SOURCE_TOPICS[record.topic_index],
                        "kpr.system": SYSTEMS[record.topic_index].value,
                        "kpr.lane": record.partition,
                    },
                )

    def headers(self, output: OutputRecord) -> Headers:
        """Return what an output record gets beside its ledger header."""
        if not self._spans:
            return []
        span = self._spans.get((output.header.source_topic, output.header.source_offset))
        return context.headers_for(None if span is None else span.traceparent)

    def committed(self, deliveries: Sequence[DecidedDelivery]) -> None:
        """Record the spans of the deliveries that were answered; the others come again."""
        for one in deliveries if self._spans else ():
            span = self._spans.get((SYSTEMS.index(one.system), one.offset))
            if span is not None:
                span.end(
                    {
                        "kpr.delivery_id": one.delivery_id
                        if is_delivery_id(one.delivery_id)
                        else "",
                        "kpr.status": one.status.value,
                        "kpr.items": sum(one.outcomes),
                    }
                )
