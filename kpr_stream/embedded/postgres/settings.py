"""List every PostgreSQL setting that differs from its default, and why.

An integration test reads each setting back from the running server. Another test compares
``docs/operate/embedded-settings.md`` with this table. Addresses, folders and logins belong to one
installation and are set in ``database.py``.
"""

from __future__ import annotations

from kpr_stream.model.tuned import TunedSetting

DATABASE: tuple[TunedSetting, ...] = (
    TunedSetting(
        "unix_socket_directories",
        "",
        "A socket's path is limited to 107 bytes: in a deep folder the server would not start.",
    ),
    TunedSetting(
        "log_error_verbosity",
        "terse",
        "The detail line of a violated constraint would put a row, a person's data, into the log.",
    ),
    TunedSetting(
        "log_min_error_statement",
        "panic",
        "A failing statement would be logged with its values.",
    ),
    TunedSetting(
        "max_wal_size",
        "4GB",
        "A backfill would force a checkpoint every few seconds and write each page twice.",
    ),
    TunedSetting(
        "TimeZone",
        "UTC",
        "Timestamps would be shown in the time zone of the machine that created the folder.",
    ),
    TunedSetting(
        "log_timezone",
        "UTC",
        "Lines of its log could not be compared with those of the other processes.",
    ),
)
"""Settings of the embedded PostgreSQL."""
