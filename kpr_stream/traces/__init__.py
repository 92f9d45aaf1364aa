"""Traces of deliveries through Kafka headers: sent, answered, stored as rows.

    context   the header ``traceparent``: bounded and checked, since a sender writes it. Pure
    spans     what the processes record, and the tracer that records nothing
    otel      the tracer of OpenTelemetry (extra ``traces``)
    choose    the tracer of a process, from its settings

Off by default. A span holds system, lane, status, numbers and the delivery's id, and nothing about
a person or a unit.
"""
