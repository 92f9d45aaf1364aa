"""Which migrations are due."""

from __future__ import annotations

import pytest

from kpr_stream.database.migrate import Migration, pending, shipped
from kpr_stream.errors import ConfigurationError

ONE, TWO = Migration(1, "0001_a.sql", "SELECT 1"), Migration(2, "0002_b.sql", "SELECT 2")


def test_what_was_not_applied_is_due_in_order() -> None:
    assert pending((ONE, TWO), {}) == (ONE, TWO)
    assert pending((ONE, TWO), {1: (ONE.name, ONE.checksum)}) == (TWO,)


def test_a_changed_file_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"0001_a\.sql was changed"):
        pending((ONE,), {1: (ONE.name, TWO.checksum)})


def test_a_newer_database_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"0002_b\.sql"):
        pending((ONE,), {2: (TWO.name, TWO.checksum)})


def test_shipped_files_are_numbered_without_gap() -> None:
    assert [m.version for m in shipped()] == list(range(1, len(shipped()) + 1))
