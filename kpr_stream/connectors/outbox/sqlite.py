"""Open the outbox's database file: by one connector, with every change on the disk at its commit.

SQLite with a write-ahead log and synchronous FULL: a committed transaction survives a power cut.
Others may read the file meanwhile. A second connector is kept out by a lock beside it, which the
operating system drops with the process. Every error of the disk becomes an error that says what to
do.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from importlib.resources import files
from pathlib import Path

from kpr_stream.errors import DiskError, UsageError

SCHEMA_VERSION = "3"
_UPGRADES = {
    "1": "ALTER TABLE unit ADD COLUMN refusal TEXT",
    "2": "CREATE TABLE resource (resource TEXT PRIMARY KEY, org_nr TEXT NOT NULL, local_id TEXT,"
    " digest BLOB NOT NULL, sequence INTEGER NOT NULL) STRICT",
}
"""The statement that makes each earlier version the next one. No answer of an outbox is lost."""
_LOCK_WAIT_S = 2.0
"""A connector that is about to end still holds the file for a moment."""


_OWNER_ONLY = 0o600
"""Local ids of items and org numbers are in the file. SQLite gives the files beside it the same
mode."""


def open_store(path: Path, *, system: str) -> tuple[sqlite3.Connection, sqlite3.Connection]:
    """Open or create the file; return its connection and the lock, both to be closed.

    DiskError, or UsageError if another connector has it open. Only the owner may read the file, and
    a folder that is made here.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as cause:
        raise DiskError(
            f"The folder {path.parent} cannot be made: {cause.strerror}.",
            what_to_do="Set KPR_OUTBOX_DIR to a folder this process may write in.",
        ) from None
    # Resolved: two names of one file have one lock.
    path = path.resolve()
    with disk_errors(path), ExitStack() as opened:
        lock = opened.enter_context(closing(_connection(path.with_suffix(".lock"))))
        lock.execute("BEGIN EXCLUSIVE")
        connection = opened.enter_context(closing(_connection(path)))
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        with transaction(connection):
            _prepare(connection, system)
        opened.pop_all()
        return connection, lock


def _connection(path: Path) -> sqlite3.Connection:
    """Open a file that only its owner may read, made so before anything is in it."""
    with suppress(OSError):  # SQLite says what is wrong with the file
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, _OWNER_ONLY))
        path.chmod(_OWNER_ONLY)
    # One thread at a time uses it, but not always the one that opened it.
    return sqlite3.connect(
        path, isolation_level=None, timeout=_LOCK_WAIT_S, check_same_thread=False
    )


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Run a transaction: all of it takes effect, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors about the disk into DiskError or UsageError."""
    try:
        yield
    except sqlite3.DatabaseError as cause:
        # The low byte is the kind of the error, the rest its variant.
        kind = getattr(cause, "sqlite_errorcode", 0) & 0xFF
        if kind in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise UsageError(
                f"The outbox {path} is in use by another connector.",
                what_to_do="Let the other one end. A system has one connector and one outbox: with "
                "a second outbox, both would give the same sequence to different deliveries.",
            ) from None
        known = _ERRORS.get(kind)
        if known is None:
            raise
        raise DiskError(f"The outbox {path} {known[0]}.", what_to_do=known[1]) from None


_NOTHING_LOST = "Nothing is lost: what was not stored is read from the export again."
_ERRORS = {
    sqlite3.SQLITE_FULL: (
        "has no room: the disk is full",
        f"Make room and run again. {_NOTHING_LOST}",
    ),
    sqlite3.SQLITE_IOERR: (
        "cannot be read or written: the disk reports an error",
        f"Check the disk and its free space, then run again. {_NOTHING_LOST}",
    ),
    sqlite3.SQLITE_READONLY: (
        "cannot be written",
        "Give this process the right to write it and its folder.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "cannot be opened",
        "Give this process the right to read and write it and its folder.",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "is damaged",
        "Move it away and run again: the receiver knows what it has and says where to resume.",
    ),
    sqlite3.SQLITE_NOTADB: (
        "is not an outbox",
        "Set KPR_OUTBOX_DIR to another folder, or move the file away.",
    ),
}


def _prepare(connection: sqlite3.Connection, system: str) -> None:
    if not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        script = files("kpr_stream.connectors.outbox").joinpath("schema.sql").read_text("utf-8")
        for statement in statements(script):
            connection.execute(statement)
        connection.executemany(
            "INSERT INTO meta VALUES (?, ?)",
            [("schema", SCHEMA_VERSION), ("system", system), ("run", "0")],
        )
    found = dict(connection.execute("SELECT name, value FROM meta"))
    while found.get("system") == system and found.get("schema") in _UPGRADES:
        connection.execute(_UPGRADES[found["schema"]])
        found["schema"] = str(int(found["schema"]) + 1)
        connection.execute("UPDATE meta SET value = ? WHERE name = 'schema'", (found["schema"],))
    if found.get("schema") != SCHEMA_VERSION or found.get("system") != system:
        raise UsageError(
            f"The outbox is one of {found.get('system')}, version {found.get('schema')}; "
            f"this release writes version {SCHEMA_VERSION} of {system}.",
            what_to_do="Give each system its own KPR_OUTBOX_DIR, and upgrade along the releases.",
        )


def statements(script: str) -> Iterator[str]:
    """Yield the statements of a script.

    ``executescript`` would commit the transaction that the schema belongs to.
    """
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
