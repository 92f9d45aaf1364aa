"""A home folder as the embedded stack leaves it."""

from __future__ import annotations

import json
from pathlib import Path

from kpr_stream.home import CREDENTIALS_FILE, STACK_FILE


def write_stack(home: Path) -> Path:
    """Write addresses and logins into a folder; the folder."""
    addresses = {"kafka": "127.0.0.1:19092", "postgres": "127.0.0.1:15432/kpr"}
    (home / STACK_FILE).write_text(json.dumps({"addresses": addresses}))
    logins = {"kafka": {"processor": "k-word"}, "postgres": {"content-sink": "p/w@rd"}}
    (home / CREDENTIALS_FILE).write_text(json.dumps(logins))
    return home
