"""The dashboards against the schema of Grafana's own library, which only its Go form checks."""
