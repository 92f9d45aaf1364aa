"""Create the stack's passwords and keys once, and keep them. None is ever printed."""

from __future__ import annotations

import secrets
from typing import Any

from kpr_stream.database.migrate import OWNER
from kpr_stream.database.migrate import ROLES as GRANTED
from kpr_stream.embedded.files import READABLE, read_json, write_json
from kpr_stream.embedded.layout import Layout
from kpr_stream.errors import ConfigurationError
from kpr_stream.keys.keyring import new_keyring
from kpr_stream.model.acls import PRINCIPALS

PASSWORD_BYTES = 24
"""192 random bits, so that no password can be guessed."""
SUPERUSER = "postgres"
READERS = ("analyst", "municipality")
"""Database roles of people who write statements of their own."""
ROLES = (OWNER, *GRANTED)
"""Database roles that log in. The migrations grant their rights."""
Credentials = dict[str, dict[str, str]]
"""Passwords by part (``kafka``, ``postgres``) and by principal or role."""


def ensure_credentials(layout: Layout) -> Credentials:
    """Return the stored passwords, and create one for every principal and role without one."""
    stored: Any = read_json(layout.credentials)
    if stored is None and layout.credentials.exists():
        raise ConfigurationError(
            f"{layout.credentials} is not a JSON object.",
            what_to_do="Restore the file: nobody can log in to the stored data without it.",
        )
    wanted = {"kafka": PRINCIPALS, "postgres": (SUPERUSER, *ROLES)}
    kept: Credentials = {part: dict((stored or {}).get(part, {})) for part in wanted}
    for part, names in wanted.items():
        for name in names:
            kept[part].setdefault(str(name), secrets.token_urlsafe(PASSWORD_BYTES))
    if kept != stored:
        write_json(layout.credentials, kept)
    return kept


def ensure_keyring(layout: Layout) -> None:
    """Create the key ring unless it exists. Never overwrite: sealed data would stay unreadable."""
    if layout.keyring.exists():
        return
    if layout.public_keys.exists():
        raise ConfigurationError(
            f"{layout.public_keys} exists, but its key ring {layout.keyring} does not.",
            what_to_do="Restore the key ring: a new one cannot read anything sealed earlier.",
        )
    secret, public = new_keyring()
    write_json(layout.keyring, secret)
    write_json(layout.public_keys, public, READABLE)
