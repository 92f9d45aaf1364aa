"""Ours on the bare work: starts the product's lanes over the topics of the contract.

The product names its topics once, in tables. Here those tables are replaced before the rooms that
read them are imported; everything else of the lanes is the product's.
"""

from __future__ import annotations

from bench.peers.apps import bare
from bench.peers.apps.start import Start


def main() -> None:
    """Work until the process is ended."""
    start = Start.from_environment()
    name_topics(start.output)
    from bench.peers.apps.ours_worker import run  # noqa: PLC0415 - reads the names at import

    run(start)


def name_topics(output: str) -> None:
    """Let lanes read the input topic, write this output topic, and remember its records."""
    from kpr_stream.cli.worker import tune_polars  # noqa: PLC0415 - before Polars is imported
    from kpr_stream.model import topics  # noqa: PLC0415 - as above

    tune_polars()
    vars(topics).update(
        SOURCE_TOPICS=(bare.INPUT,),
        RECEIPT_TOPICS=(),
        WORKER_TOPICS=dict.fromkeys((bare.INPUT, output), topics.PARTITIONS),
    )
    from kpr_stream.processor.state import entries  # noqa: PLC0415 - reads the names at import

    vars(entries).update(LEDGER_TOPICS=(output,), lookups_of=_no_lookups)
    from bench.peers.apps import ours_work  # noqa: PLC0415 - imports the module above

    vars(entries).update(entries_of=ours_work.entries_of)


def _no_lookups(_topic: str, _key: bytes) -> tuple[bytes, ...]:
    """Return no ledger keys: an entry follows from its record alone."""
    return ()


if __name__ == "__main__":
    main()
