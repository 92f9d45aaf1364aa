"""The long benchmarks: `make bench-full`, `make nation`, `make soak`.

In the order of a run: ``growth`` (a worker over a history that its ledgers hold; ``history`` fills
them), ``sizes`` (deliveries of 1 to 1,000 items), ``without`` (each guarantee switched off in turn,
in ``switched_worker`` by ``switches``), ``processes`` (one worker process, and two). ``run`` does
all of them. ``long/`` has the runs of their own: the nation, and a soak.

Each writes a results file of its own, with the facts of the machine: the kept one with ``--keep``,
else one that Git ignores.
"""
