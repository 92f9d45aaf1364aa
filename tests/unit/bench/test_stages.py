"""The benchmark of stages follows the pipeline: each stage has its time."""

from __future__ import annotations

from bench.stages import deliveries, one_round


def test_each_stage_has_its_time() -> None:
    found = one_round(deliveries(count=4, each=50), 50)
    assert set(found) == {"order", "open", "rules_and_enrichment", "encode", "decide"}
    assert all(found.values())
    assert found["decide"] > found["order"]
