"""Alerts: their tests are pure here, and with Prometheus in `tests/acceptance/prometheus/`."""
