"""Alerts in a real Prometheus and Alertmanager, which Debian packages."""
