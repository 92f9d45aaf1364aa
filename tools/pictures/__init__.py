"""Draws the dashboards as pictures: `python -m tools.pictures`, from answers of a real Prometheus.

asked     asks every query of every panel, and keeps the answers
frames    the rows of a table, as Grafana's transformations make them
values    numbers as Grafana writes them, and their colours
sheet     a picture of one dashboard: its grid, headings and frames of panels
kinds     one drawing for each kind of panel
"""
