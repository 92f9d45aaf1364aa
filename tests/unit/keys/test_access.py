"""Where the key files of a process are looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpr_stream.errors import ConfigurationError
from kpr_stream.keys.access import keyring, public_key
from kpr_stream.settings import Settings


@pytest.fixture(autouse=True)
def _no_key_files_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KPR_KEYRING_FILE", "KPR_PUBLIC_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)


def test_key_files_are_looked_for_under_home_or_where_set(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"keys/keyring\.json"):
        keyring(Settings(home=tmp_path))
    with pytest.raises(ConfigurationError, match=r"keys/public_keys\.json"):
        public_key(Settings(home=tmp_path))
    with pytest.raises(ConfigurationError, match=r"own\.json"):
        keyring(Settings(home=tmp_path, keyring_file=tmp_path / "own.json"))
