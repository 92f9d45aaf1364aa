"""What every process says of itself: its metrics, whether it lives, whether it is ready.

``metric`` is one row of the table of metrics. ``worker``, ``sink``, ``probe``, ``projector`` and
``process`` hold the rows of a process, and ``table`` all of them; docs/operate/metrics.md lists the
same rows.
``instruments`` creates the rows of one process: ``metrics.of(ITEMS, system, outcome).inc(3)``.
tests/integration/test_metrics.py sees each of them move, so a row that no code updates fails.

``health`` judges whether a process lives and is ready, ``endpoint`` serves both and the metrics
over HTTP, and ``discovery`` lists every endpoint of a machine for Prometheus.

Label values are bounded: systems, statuses, outcomes and rules are lists of the project. No label
holds anything about a person.
"""
