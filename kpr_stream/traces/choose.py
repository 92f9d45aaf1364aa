"""Choose the tracer of a process from its settings."""

from __future__ import annotations

from kpr_stream.errors import ConfigurationError
from kpr_stream.settings import Settings
from kpr_stream.traces.spans import NO_TRACES, Traces


def make_traces(settings: Settings, process: str) -> Traces:
    """Return the tracer; one that records nothing where KPR_TRACES is off.

    ConfigurationError if the extra ``traces`` is not installed.
    """
    if not settings.traces:
        return NO_TRACES
    try:
        # Imported here: without the extra everything else works.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

        from kpr_stream.traces.otel import OpenTelemetryTraces  # noqa: PLC0415
    except ImportError:
        raise ConfigurationError(
            "KPR_TRACES is on, and OpenTelemetry is not installed.",
            what_to_do="Install kpr-stream[traces], or set KPR_TRACES=false.",
        ) from None
    exporter = OTLPSpanExporter(endpoint=settings.traces_endpoint)
    return OpenTelemetryTraces(process, BatchSpanProcessor(exporter), share=settings.traces_share)
