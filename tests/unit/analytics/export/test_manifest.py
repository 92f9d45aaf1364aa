"""The manifest of an export: written, read back, refused."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from kpr_stream.analytics.export.folder import load_manifest, write_manifest
from kpr_stream.analytics.export.manifest import (
    MANIFEST,
    MAX_BYTES,
    read_manifest,
    require_unexpired,
)
from kpr_stream.errors import ExpiredError, UsageError
from tests.support.exports import file_entry, manifest

WHOLE = manifest(file_entry(month=date(2026, 3, 1)), file_entry("appointment"))


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    digest = write_manifest(tmp_path, WHOLE)
    assert load_manifest(tmp_path) == WHOLE
    assert len(digest) == 64
    assert (tmp_path / MANIFEST).stat().st_mode & 0o777 == 0o600
    assert [file.path for file in WHOLE.files] == [
        "consultation/2026-03.parquet",
        "appointment/undated.parquet",
    ]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"manifest_version": 2}, "manifest_version"),
        ({"environment": "elsewhere"}, "environment"),
        ({"expires_on": "soon"}, "expires_on"),
        ({"more": 1}, "more"),
        ({"files": [{"relation": "identity"}]}, r"files\.0\.relation"),
        ({"files": [{"sha256": "../../etc"}]}, "files"),
    ],
)
def test_another_file_is_refused_and_no_value_is_repeated(
    change: dict[str, object], named: str
) -> None:
    changed = json.loads(WHOLE.to_bytes()) | change
    with pytest.raises(UsageError, match=named) as refused:
        read_manifest(json.dumps(changed).encode(), "rows/manifest.json")
    assert "elsewhere" not in str(refused.value)
    assert "soon" not in str(refused.value)


@pytest.mark.parametrize("contents", [b"", b"{", b"[]", b"\xff", b"{}" + b" " * MAX_BYTES])
def test_bytes_that_are_no_manifest_are_refused(tmp_path: Path, contents: bytes) -> None:
    (tmp_path / MANIFEST).write_bytes(contents)
    with pytest.raises(UsageError, match="manifest"):
        load_manifest(tmp_path)


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load_manifest(tmp_path)


def test_the_last_day_of_use_is_a_day_of_use() -> None:
    require_unexpired(WHOLE, WHOLE.expires_on, "rows")
    with pytest.raises(ExpiredError, match="expired") as refused:
        require_unexpired(WHOLE, WHOLE.expires_on + timedelta(days=1), "rows")
    assert refused.value.exit_code == 77
    assert "Delete the folder" in refused.value.what_to_do
