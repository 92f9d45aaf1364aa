"""Logs of the stack's parts are kept over starts, and only the last start is diagnosed."""

from __future__ import annotations

from pathlib import Path

from kpr_stream.embedded.diagnose import diagnose_start_failure
from kpr_stream.embedded.files import KEPT_LOG_BYTES, continue_log
from kpr_stream.errors import StackError


def test_what_earlier_starts_wrote_is_kept_and_not_diagnosed(tmp_path: Path) -> None:
    log = tmp_path / "postgres.log"
    continue_log(log)
    with log.open("a") as file:
        file.write("FATAL: No space left on device\n")
    continue_log(log)
    with log.open("a") as file:
        file.write("FATAL: another cause\n")
    assert "No space left" in log.read_text()
    error = diagnose_start_failure("PostgreSQL", (log,), tmp_path)
    assert type(error) is StackError
    assert "another cause" in error.message


def test_a_log_that_has_grown_is_moved_aside_once(tmp_path: Path) -> None:
    log = tmp_path / "postgres.log"
    log.write_bytes(b"x" * (KEPT_LOG_BYTES + 1))
    continue_log(log)
    continue_log(log)
    assert (tmp_path / "postgres.log.1").stat().st_size == KEPT_LOG_BYTES + 1
    assert len(log.read_text().splitlines()) == 2
    assert log.stat().st_mode & 0o077 == 0
