"""How many series a whole installation serves: workers, sinks and the exporter together."""

from __future__ import annotations

from typing import Final

import pytest
from prometheus_client import CollectorRegistry

from kpr_stream.exporter.units import MOST_UNITS
from kpr_stream.metrics.metric import SINK, Process
from kpr_stream.model.topics import PARTITIONS
from kpr_stream.reference import load_reference
from tests.support.full_registries import UNITS, add_units, full_registry

ENOUGH: Final = 50_000
"""Series of a whole installation: what Prometheus keeps in some 400 MB."""


def samples(registry: CollectorRegistry) -> int:
    return sum(len(family.samples) for family in registry.collect())


@pytest.mark.parametrize("units", [UNITS, MOST_UNITS])
def test_a_whole_installation_serves_a_bounded_number_of_series(units: int) -> None:
    """As many workers as there are lanes, both sinks, and the exporter of the whole nation."""
    reference = load_reference()
    workers = PARTITIONS * samples(full_registry(Process.WORKER, reference))
    sinks = sum(samples(full_registry(one, reference)) for one in SINK)
    exporter = full_registry(Process.EXPORTER, reference)
    of_itself = samples(exporter)
    add_units(exporter, units)
    assert units * 10 < samples(exporter) - of_itself
    total = workers + sinks + samples(exporter)
    assert total < ENOUGH, (workers, sinks, samples(exporter))
