"""``kpr-stream report``: what it needs before it reads anything."""

from __future__ import annotations

import sys

import pytest
from typer.testing import CliRunner

from kpr_stream.cli.app import build_cli
from kpr_stream.errors import ConfigurationError


def test_a_missing_extra_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    result = CliRunner().invoke(build_cli(), ["report", "--nation", "--out", "nation.html"])
    assert isinstance(result.exception, ConfigurationError)
    assert result.exception.message == "The report needs packages that are not installed: scipy."
    assert result.exception.what_to_do == "Install kpr-stream[analytics]."
