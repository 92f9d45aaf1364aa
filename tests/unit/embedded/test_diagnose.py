"""Which error a log leads to."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpr_stream.embedded.diagnose import diagnose_start_failure
from kpr_stream.errors import DiskError, StackError


@pytest.mark.parametrize(
    ("log", "kind", "advice"),
    [
        ("ERROR x\nCaused by: java.io.IOException: No space left on device", DiskError, "room"),
        ("FATAL:  could not open file: Permission denied", DiskError, "KPR_HOME"),
        ("ERROR java.net.BindException: Address already in use", StackError, "port"),
        ("Error: Could not reserve enough space for object heap", StackError, "memory"),
        ("INFO fine\nERROR No `meta.properties` found\nINFO bye", StackError, "damaged"),
        ("", StackError, "damaged"),
    ],
)
def test_place_cause_and_what_to_do(
    tmp_path: Path, log: str, kind: type[StackError | DiskError], advice: str
) -> None:
    file, data = tmp_path / "x.log", tmp_path / "data"
    file.write_text(log)
    error = diagnose_start_failure("Kafka", (file, tmp_path / "absent.log"), data)
    assert type(error) is kind
    assert str(file) in error.message
    assert advice in error.what_to_do
    causes = [line for line in log.splitlines() if "INFO" not in line]
    assert (causes[-1] if causes else "nothing") in error.message


def test_only_the_end_of_a_long_log_is_read(tmp_path: Path) -> None:
    file = tmp_path / "x.log"
    file.write_text("ERROR No space left on device\n" + "INFO calm\n" * 20_000 + "ERROR new\n")
    error = diagnose_start_failure("Kafka", (file,), tmp_path)
    assert type(error) is StackError
    assert error.message.endswith("ERROR new")
