"""Grafana's dashboards as code: `python -m deploy.grafana` writes `dashboards/*.json`.

One module is one dashboard, from the widest view to the narrowest:

    nation -> municipality -> system -> pipeline, quality, backfill

`parts/` holds what all of them share: colours, queries, panels, columns, links and variables.
`provisioning/` is what Grafana reads at its start.
"""
