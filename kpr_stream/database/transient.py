"""Decide which failures of PostgreSQL may pass: one table of SQLSTATEs, each with its reason. Pure.

A code of five characters counts for itself, two characters for a whole class; the longer entry
wins. A code that no entry covers will not pass by waiting (a missing table, a refused login, a
value that does not fit), and the process ends at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import asyncpg


@dataclass(frozen=True, slots=True)
class SqlState:
    """One SQLSTATE, or the class of all codes that begin with it.

    ``meaning`` is for a log line, ``reason`` says why waiting helps or does not.
    """

    code: str
    passes: bool
    meaning: str
    reason: str


PASSES, STAYS = True, False

SQLSTATES: tuple[SqlState, ...] = (
    SqlState(
        "0A000",
        PASSES,
        "a prepared statement no longer fits its tables",
        "A migration ran meanwhile; a new session prepares the statement again.",
    ),
    SqlState("08", PASSES, "the connection failed", "The server restarts, or the network fails."),
    SqlState("08P01", STAYS, "the protocol was violated", "Client and server stay what they are."),
    SqlState(
        "25006",
        PASSES,
        "the server is read-only",
        "A failover: this server is a standby for now, or its administrator stopped all writing.",
    ),
    SqlState(
        "25P03",
        PASSES,
        "the server ended a transaction that was idle",
        "This process was frozen or starved; the transaction is made again.",
    ),
    SqlState(
        "25P04",
        PASSES,
        "the server ended a transaction that took too long",
        "The server is overloaded; the transaction is made again.",
    ),
    SqlState(
        "40",
        PASSES,
        "the transaction was rolled back",
        "A deadlock or a conflict with another session; the transaction is made again.",
    ),
    SqlState(
        "40002",
        STAYS,
        "a constraint was violated at the commit",
        "The same rows violate it again.",
    ),
    SqlState(
        "53",
        PASSES,
        "the server lacks a resource",
        "Disk, memory or connections: an administrator makes room.",
    ),
    SqlState(
        "55006",
        PASSES,
        "an object is in use",
        "The other session ends.",
    ),
    SqlState(
        "55P03",
        PASSES,
        "a lock was not available in time",
        "The session that holds it ends: a migration, a backup, an administrator.",
    ),
    SqlState(
        "57",
        PASSES,
        "an administrator or the server intervened",
        "The server stops, starts or recovers, or ended this statement or session.",
    ),
    SqlState("57P04", STAYS, "the database was dropped", "Only a person can bring it back."),
    SqlState(
        "58",
        PASSES,
        "the server's operating system reported an error",
        "Storage that is away for a moment; a failover replaces the server.",
    ),
)
"""What the sinks wait for, up to ten minutes (``sinks/persist.py``). docs/operate/sinks.md shows
the table; ``tools.sqlstate_table`` writes it there."""


NOT_THE_PRIMARY = (asyncpg.exceptions.TargetServerAttributeNotMatched,)
"""None of the servers in the DSN takes writes now (``target_session_attrs``): a failover."""
CAUSE_CLASSES: Final = ("unreachable", *sorted({s.code[:2] for s in SQLSTATES if s.passes}))
"""Classes of the failures that may pass, as metrics name them. A code always has a class here,
because a failure of any other class is never repeated."""

FAILURES = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, *NOT_THE_PRIMARY)
"""Everything with which a statement or a login fails."""


def sqlstate(code: str | None) -> SqlState | None:
    """Return the entry that covers a code: its own, else its class's, else None."""
    known = {one.code: one for one in SQLSTATES}
    return None if code is None else known.get(code) or known.get(code[:2])


def may_pass(cause: BaseException | None) -> bool:
    """Return whether the same transaction may succeed later."""
    code = _code(cause)
    if code is not None:
        found = sqlstate(code)
        return found is not None and found.passes
    if isinstance(cause, ValueError):
        return False  # asyncpg found a value or a setting that PostgreSQL would not take
    return isinstance(cause, (OSError, asyncpg.InterfaceError, *NOT_THE_PRIMARY))


def may_recover(cause: BaseException | None) -> bool:
    """Return whether a server that answers may take this later.

    Stricter than ``may_pass``, for a process that starts: a wrong address is reported at once.
    """
    return _code(cause) is not None and may_pass(cause)


def describe(cause: BaseException) -> str:
    """Return a failure for a log line: SQLSTATE, its meaning and name, never a value of a row."""
    code, kind = _code(cause), type(cause).__name__
    if code is None:
        return f"no answer from the server, {kind}"
    found = sqlstate(code)
    return f"SQLSTATE {code}, {f'{found.meaning}, ' if found else ''}{kind}"


def cause_class(cause: BaseException) -> str:
    """Return a failure's class for a metric: one of CAUSE_CLASSES."""
    code = _code(cause)
    if code is None:
        return CAUSE_CLASSES[0]
    return code[:2]


def _code(cause: BaseException | None) -> str | None:
    # An error that asyncpg raises by itself, such as a closed connection, has a code too.
    code = getattr(cause, "sqlstate", None) if isinstance(cause, asyncpg.PostgresError) else None
    return code if isinstance(code, str) else None
