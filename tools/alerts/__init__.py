"""Makes the alert rules and objectives of `deploy/prometheus/`, and the cases that test them.

alert        what an alert is
durations    every time in an expression, and how a test makes all of them shorter
parts        expressions that several alerts share
units, releases, receiver, sinks, projector, platform, slo    the alerts, by what they watch
table        all of them
render       the rules as YAML
cases/       for each alert, series with which it fires and series with which it does not
"""
