"""Keep the key of the fingerprints beside the outbox: 32 random bytes that only the owner reads.

A reader of a copy of the outbox alone cannot try out which content a fingerprint belongs to. A lost
key loses nothing: everything counts as changed, and the receiver recognises what it has.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from kpr_stream.errors import DiskError

KEY_BYTES: Final = 32
_OWNER_ONLY: Final = 0o600


def fingerprint_key(path: Path, random: Callable[[int], bytes] = os.urandom) -> bytes:
    """Return the key in a file, which is made if it is missing or cut off; DiskError if it cannot
    be."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.read_bytes() if path.exists() else b""
        if len(found) == KEY_BYTES:
            return found
        made = random(KEY_BYTES)
        new = path.with_name(f"{path.name}.new")
        new.unlink(missing_ok=True)
        with os.fdopen(
            os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWNER_ONLY), "wb"
        ) as out:
            out.write(made)
            out.flush()
            os.fsync(out.fileno())
        new.replace(path)
    except OSError as cause:
        raise DiskError(
            f"The key {path} cannot be read or made: {cause.strerror}.",
            what_to_do="Set KPR_OUTBOX_DIR to a folder this process may write in.",
        ) from None
    return made
