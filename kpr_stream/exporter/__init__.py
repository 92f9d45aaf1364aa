"""The exporter: what the topics say of every unit, and whether the books balance, as metrics.

    clock        the clock that deadlines are judged by; a test may let it run faster
    units        one unit's series from its state: times, deadline, block, gaps, coverage
    states       the newest state of every unit, and their exact totals
    releases     items by release of the senders' software, since the exporter started
    admitted_releases, stopped_releases  what was decided about a release, over all lanes
    labels       what senders write, made safe for a label
    rejected     rejected items of the last 30 days, from receipts
    quarantine   how many items are open, and since when
    rows         the metrics
    snapshot     what one round has found
    collector    hands the newest snapshot to Prometheus
    follow       reads the topics; the books are in ``audit/books.py``
    run          the process

Everything but ``follow`` and ``run`` is pure. Nothing is stored: the topics say all of it again
after a restart.
"""
