"""Hand the newest snapshot to Prometheus: every series of one round, and none of an earlier one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from prometheus_client import Counter
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from kpr_stream.exporter import rows
from kpr_stream.exporter.snapshot import Place, Snapshot
from kpr_stream.exporter.units import ReportingUnit
from kpr_stream.metrics.metric import UNKNOWN, AnyMetric

Sample = tuple[Sequence[str], float]
"""Label values and value."""

_UNKNOWN = Place(UNKNOWN, UNKNOWN, UNKNOWN)


class SnapshotCollector(Collector):
    """Serves the newest snapshot; nothing before the first."""

    def __init__(self, places: Mapping[str, Place]) -> None:
        """``places``: every municipality, by its code."""
        self._places = places
        self.snapshot: Snapshot | None = None

    def describe(self) -> Iterable[Metric]:
        """Return no families: a registry would else read a snapshot that is not there yet."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Return the families of the newest snapshot."""
        snapshot = self.snapshot
        if snapshot is None:
            return
        for row, samples in series(snapshot, self._places):
            yield _family(row, samples)


def series(
    found: Snapshot, places: Mapping[str, Place]
) -> Iterator[tuple[AnyMetric, list[Sample]]]:
    """Yield every row with its samples."""
    units = found.units
    of = [(one.org_nr, one.system) for one in units]

    def by_unit(values: Iterable[float]) -> list[Sample]:
        return list(zip(of, values, strict=True))

    yield rows.UNIT_INFO, [(_info(one, places), 1) for one in units]
    yield rows.LAST_DELIVERY, by_unit(one.last_delivery for one in units)
    yield rows.LAST_CONTENT, by_unit(one.last_content for one in units)
    yield (
        rows.DAYS_WITHOUT_CONTENT,
        [
            (id_, one.days_without_content)
            for id_, one in zip(of, units, strict=True)
            if one.days_without_content is not None
        ],
    )
    yield (
        rows.REPORT_DUE,
        [(id_, one.due) for id_, one in zip(of, units, strict=True) if one.due is not None],
    )
    yield (
        rows.BLOCKED_SINCE,
        [
            ((*id_, one.blocked_reason), one.blocked_since)
            for id_, one in zip(of, units, strict=True)
            if one.blocked_since is not None
        ],
    )
    yield rows.NEXT_SEQUENCE, by_unit(one.next_sequence for one in units)
    yield (
        rows.MISSING_DELIVERIES,
        [(id_, one.missing) for id_, one in zip(of, units, strict=True) if one.missing],
    )
    yield rows.REJECTED_30D, by_unit(found.rejected[id_] for id_ in of)
    yield rows.COVERED_MONTHS, by_unit(one.covered_months for one in units)
    yield rows.EXPECTED_MONTHS, by_unit(one.expected_months for one in units)
    yield rows.UNITS_LEFT_OUT, [((), found.left_out)]
    yield rows.EXACT_DELIVERIES, list(found.totals.deliveries.items())
    yield rows.EXACT_ITEMS, list(found.totals.items.items())
    yield rows.RELEASE_STOPPED, list(found.stopped_releases.items())
    yield rows.RELEASE_ADMITTED, list(found.admitted_releases.items())
    yield rows.RELEASE_ITEMS, list(found.releases.items())
    yield rows.UNPROCESSED, [((s,), number) for s, number in found.unprocessed.items()]
    yield rows.QUARANTINE_OPEN, [((s,), one.number) for s, one in found.open_items.items()]
    yield rows.QUARANTINE_OLDEST, [((s,), one.oldest) for s, one in found.open_items.items()]
    yield rows.BOOKS_IMBALANCE, list(found.books.imbalance.items())
    yield rows.BOOKS_COMPARED, [((s,), number) for s, number in found.books.compared.items()]
    yield rows.BOOKS_CHECKED, [((), found.read_at)]


def _info(one: ReportingUnit, places: Mapping[str, Place]) -> tuple[str, ...]:
    known = one.municipality in places
    place = places.get(one.municipality, _UNKNOWN)
    return (
        *(one.org_nr, one.system),
        *(one.municipality if known else UNKNOWN, place.name, place.county, place.county_name),
        *(one.software_version, one.agreement.value),
    )


def _family(row: AnyMetric, samples: Iterable[Sample]) -> Metric:
    if row.type is Counter:
        family: CounterMetricFamily | GaugeMetricFamily = CounterMetricFamily(
            row.name, row.help, labels=row.labels
        )
    else:
        family = GaugeMetricFamily(row.name, row.help, labels=row.labels)
    for labels, value in samples:
        family.add_metric([str(label) for label in labels], value)
    return family
