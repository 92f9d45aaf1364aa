"""The metrics of every process."""

from __future__ import annotations

from typing import Final

from prometheus_client import Gauge

from kpr_stream.metrics.metric import ANY, Metric, MetricUnit

BUILD_INFO: Final = Metric(
    served_by=ANY,
    name="kpr_build_info",
    type=Gauge,
    unit=MetricUnit.ONE,
    labels=("version", "process", "name"),
    help="The release that runs, and the kind and name of the process.",
)
CONTRACT_INFO: Final = Metric(
    served_by=ANY,
    name="kpr_contract_info",
    type=Gauge,
    unit=MetricUnit.ONE,
    labels=("schema", "version"),
    help="The versions of the contracts that this release knows.",
)
DISK_FREE: Final = Metric(
    served_by=ANY,
    name="kpr_disk_free_bytes",
    type=Gauge,
    unit=MetricUnit.BYTES,
    help="Space that this user may still fill on the file system of `KPR_HOME`.",
)
DISK_SIZE: Final = Metric(
    served_by=ANY,
    name="kpr_disk_size_bytes",
    type=Gauge,
    unit=MetricUnit.BYTES,
    help="Size of the file system of `KPR_HOME`.",
)
READY: Final = Metric(
    served_by=ANY,
    name="kpr_ready",
    type=Gauge,
    unit=MetricUnit.ONE,
    help="1 while the process is ready, 0 while `/readyz` gives a reason against it.",
)
