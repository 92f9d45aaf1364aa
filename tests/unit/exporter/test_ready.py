"""The exporter is not ready before its first round, while Kafka is away, and while Kafka hangs."""

from __future__ import annotations

from types import SimpleNamespace

from kpr_stream.exporter.run import AWAY, ROUND_S, SILENT_S, Reads

NOW = 1_000_000.0


def test_a_kafka_that_hangs_in_the_middle_of_a_round_is_noticed_before_the_round_fails() -> None:
    reader = SimpleNamespace(heard_at=NOW)
    reads = Reads(reader, clock=lambda: NOW + SILENT_S + 1)
    assert reads.against_ready() == "The topics have not been read yet."
    reads.why_not = None
    assert reads.against_ready() == (
        f"The topics cannot be read: Kafka has not answered for {SILENT_S + 1:.0f} s."
    )
    reader.heard_at = NOW + SILENT_S
    assert reads.against_ready() is None
    reads.why_not = AWAY
    assert reads.against_ready() == AWAY


def test_the_pause_between_two_rounds_is_no_silence() -> None:
    reads = Reads(SimpleNamespace(heard_at=NOW), clock=lambda: NOW + ROUND_S, why_not=None)
    assert reads.against_ready() is None
    assert 2 * ROUND_S < SILENT_S
