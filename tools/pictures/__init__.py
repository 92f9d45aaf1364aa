"""Draws the dashboards: `python -m tools.pictures`, from the answers of a real Prometheus.

days      four made-up days of the nation, in the product's own metrics
asked     gives them to a real Prometheus, and keeps its answers to the queries of all panels
frames    the rows of a table, as Grafana's transformations make them
values    numbers as Grafana writes them, and their colours
sheet     a picture of one dashboard: its grid, headings and frames of panels
kinds     one drawing for each kind of panel
"""
