"""Open an outbox to read it only, beside the connector that has it open."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from kpr_stream.connectors.outbox.sqlite import disk_errors
from kpr_stream.errors import UsageError


@contextmanager
def read_outbox(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a connection on which nothing can be changed, in one state of the outbox.

    UsageError if there is no outbox, or an earlier release made it and no connector of this release
    has opened it yet.
    """
    if not path.is_file():
        raise UsageError(
            f"There is no outbox {path}.",
            what_to_do="Set KPR_OUTBOX_DIR (or KPR_HOME) as the connector has it, or start the "
            "connector: it makes the outbox.",
        )
    uri = f"{path.resolve().as_uri()}?mode=ro"
    with disk_errors(path), closing(sqlite3.connect(uri, uri=True)) as connection:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("BEGIN")
        known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'open_error'")
        if known.fetchone() is None:
            raise UsageError(
                f"The outbox {path} was made by an earlier release.",
                what_to_do="Start the connector of this release once: it adds what is missing.",
            )
        yield connection
