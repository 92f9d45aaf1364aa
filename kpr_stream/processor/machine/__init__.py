"""Run the workers of one machine: ``kpr-stream worker --processes N``.

``plan`` names the processes, ``restart`` decides what follows when one ends, and ``run`` starts and
ends them. Each process is a worker like any other: it has its own lanes, ledgers and metrics.
"""
