"""The key of the fingerprints is made once, for the owner alone."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from kpr_stream.connectors.outbox.secret import KEY_BYTES, fingerprint_key
from kpr_stream.errors import DiskError


def test_a_key_is_made_once_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "outbox" / "helseplattformen.key"
    first = fingerprint_key(path)
    assert fingerprint_key(path) == first
    assert len(first) == KEY_BYTES
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_key_that_was_cut_off_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    path.write_bytes(b"short")
    assert fingerprint_key(path, bytes) == bytes(KEY_BYTES)


def test_a_folder_that_cannot_be_used_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DiskError, match="cannot be read or made"):
        fingerprint_key(tmp_path / "file" / "a.key")
