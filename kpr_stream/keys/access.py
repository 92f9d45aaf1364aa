"""Find the key files of a process: from the settings, or under ``home``."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from kpr_stream.home import KEYRING_FILE, PUBLIC_KEY_FILE, require_embedded_allowed
from kpr_stream.keys.keyring import KeyRing, PublicKey, read_keyring, read_public_key
from kpr_stream.settings import Settings


def keyring(settings: Settings) -> KeyRing:
    """Return the receiver's secrets.

    The file is read again only if it has changed, since checking its keys takes 0.1 s.
    """
    path = settings.keyring_file or _embedded(settings, KEYRING_FILE)
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        return read_keyring(path)  # raises the error that names the file and the cause
    return _keyring(path, changed)


@lru_cache(maxsize=1)
def _keyring(path: Path, changed: int) -> KeyRing:
    del changed
    return read_keyring(path)


def public_key(settings: Settings) -> PublicKey:
    """Return the key that a connector encrypts to."""
    return read_public_key(settings.public_key_file or _embedded(settings, PUBLIC_KEY_FILE))


def _embedded(settings: Settings, file: str) -> Path:
    path = settings.home / file
    require_embedded_allowed(settings, f"the embedded stack's keys ({path})")
    return path
