"""Passwords and keys of the stack: made once, kept, never printed."""

from __future__ import annotations

import secrets
from typing import Any

from kpr_stream.embedded.files import READABLE, read_json, write_json
from kpr_stream.embedded.layout import Layout
from kpr_stream.errors import ConfigurationError
from kpr_stream.keys.keyring import new_keyring
from kpr_stream.model.acls import PRINCIPALS

PASSWORD_BYTES = 24
"""192 bits: a password nobody chose and nobody can guess."""
SUPERUSER = "postgres"
OWNER = "kpr_owner"
ROLES = (OWNER, "content_sink", "identity_sink", "analyst", "operator")
"""Database roles that log in. What they may do is granted by the migrations."""
Credentials = dict[str, dict[str, str]]


def ready_credentials(layout: Layout) -> Credentials:
    """The stored passwords, with one made for every principal and role that has none yet."""
    stored: Any = read_json(layout.credentials)
    if stored is None and layout.credentials.exists():
        raise ConfigurationError(
            f"{layout.credentials} is not a JSON object.",
            what_to_do="Restore it: without these passwords nobody can log in to the data there.",
        )
    wanted = {"kafka": PRINCIPALS, "postgres": (SUPERUSER, *ROLES)}
    kept: Credentials = {part: dict((stored or {}).get(part, {})) for part in wanted}
    for part, names in wanted.items():
        for name in names:
            kept[part].setdefault(str(name), secrets.token_urlsafe(PASSWORD_BYTES))
    if kept != stored:
        write_json(layout.credentials, kept)
    return kept


def ready_keys(layout: Layout) -> None:
    """Make the key ring if there is none. It is never overwritten: what it sealed stays sealed."""
    if layout.keyring.exists():
        return
    if layout.public_keys.exists():
        raise ConfigurationError(
            f"{layout.public_keys} is there, but its key ring {layout.keyring} is not.",
            what_to_do="Restore the key ring: with a new one nothing sealed could be read again.",
        )
    secret, public = new_keyring()
    write_json(layout.keyring, secret)
    write_json(layout.public_keys, public, READABLE)
