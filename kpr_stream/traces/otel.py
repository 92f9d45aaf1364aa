"""Record spans with OpenTelemetry. Needs the extra ``traces``."""

from __future__ import annotations

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    TraceFlags,
    Tracer,
    set_span_in_context,
)
from opentelemetry.trace import Span as OtelSpan

from kpr_stream import __version__
from kpr_stream.traces import context
from kpr_stream.traces.spans import NOTHING, Attributes, Span

NANOSECONDS = 1_000_000_000


class OpenTelemetrySpan:
    """A span of OpenTelemetry that has begun."""

    def __init__(self, span: OtelSpan) -> None:
        self._span = span
        of = span.get_span_context()
        self.traceparent: str | None = context.written(
            of.trace_id, of.span_id, sampled=of.trace_flags.sampled
        )

    def end(self, attributes: Attributes = NOTHING) -> None:
        """See Span."""
        self._span.set_attributes(attributes)
        self._span.end()


class OpenTelemetryTraces:
    """The tracer of one process. It sends in a thread of its own, so no delivery waits for it."""

    enabled = True

    def __init__(self, process: str, processor: SpanProcessor, *, share: float) -> None:
        """``share``: of all traces, chosen by trace id. A sender cannot force a choice."""
        self._provider = TracerProvider(
            sampler=TraceIdRatioBased(share),
            resource=Resource.create(
                {"service.name": f"kpr-{process}", "service.version": __version__}
            ),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(processor)
        self._tracer: Tracer = self._provider.get_tracer("kpr_stream", __version__)

    def begin(
        self,
        name: str,
        *,
        parent: str | None = None,
        at_s: float | None = None,
        attributes: Attributes = NOTHING,
    ) -> Span:
        """See Traces."""
        around = None
        if parent is not None:
            trace_id, span_id = context.ids(parent)
            known = SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(1))
            around = set_span_in_context(NonRecordingSpan(known))
        return OpenTelemetrySpan(
            self._tracer.start_span(
                name,
                context=around,
                kind=SpanKind.CONSUMER if parent else SpanKind.PRODUCER,
                attributes=attributes,
                start_time=None if at_s is None else round(at_s * NANOSECONDS),
            )
        )

    def close(self) -> None:
        """See Traces."""
        self._provider.shutdown()
