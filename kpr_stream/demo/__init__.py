"""Run everything once on one machine, and check the result: ``kpr-stream demo``.

``run`` is the order of the steps: stack, database, made-up nation, stream, tables, check.
``processes`` starts connectors, workers and sinks as an operator would; ``progress`` reads how far
they are from their metrics; ``check`` compares receipts, topics and rows with the simulator's
truth and searches everything for national ids; ``report`` prints the result. Every process ends
with the demo, whatever happens. ``page`` writes the report of one municipality.
"""
