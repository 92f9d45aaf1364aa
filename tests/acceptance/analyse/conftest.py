"""The small nation in a database, an export of it, and an environment for the examples."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import venv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kpr_stream.analytics.export.create import ExportOrder, create_export
from kpr_stream.analytics.purpose import Purpose
from tests.integration.analytics.conftest import FilledDatabase, filled
from tests.integration.conftest import stack
from tests.support.repository import ROOT

__all__ = ["filled", "stack"]
EXAMPLES = ROOT / "examples" / "analyse"
INSTALLING_S = 600


@pytest.fixture(scope="module")
def exported(filled: FilledDatabase, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an export."""
    folder = tmp_path_factory.mktemp("exported") / "rows"
    order = ExportOrder(purpose=Purpose("A test of the examples"), folder=folder, expires_days=1)
    asyncio.run(create_export(filled.settings, order, datetime.now(UTC), lambda _: None))
    return folder


@pytest.fixture(scope="session")
def analyst_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with the locked packages of the examples, and with nothing of this project."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    pip = ("-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--require-hashes")
    done = subprocess.run(
        [python, *pip, "--requirement", EXAMPLES / "requirements.lock"],
        capture_output=True,
        text=True,
        timeout=INSTALLING_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return python


def python_of(name: str, analyst_python: Path) -> str:
    """Polars is a package of this project, the others are those of the examples."""
    return sys.executable if name == "breastfed_polars.py" else str(analyst_python)
