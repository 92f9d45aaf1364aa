"""The package as others install it: a wheel in an empty virtual environment, without extras."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.support.repository import ROOT, copy_tracked_files
from tests.unit.connectors.exports import consultation, unit, write

INSTALLING_S = 600


def _run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, timeout=INSTALLING_S
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of an environment in which only the wheel and its needs are installed."""
    folder = tmp_path_factory.mktemp("installed")
    source = copy_tracked_files(folder / "source")
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    _run(*pip, "wheel", "--no-deps", "--wheel-dir", folder, source, cwd=folder)
    (wheel,) = folder.glob("kpr_stream-*.whl")
    venv.create(folder / "venv", with_pip=True)
    binaries = folder / "venv" / "bin"
    _run(binaries / "python", *pip[1:], "install", wheel, cwd=folder)
    return binaries


def test_the_command_runs_without_extras(installed: Path, tmp_path: Path) -> None:
    assert _run(installed / "kpr-stream", "--version", cwd=tmp_path).startswith("kpr-stream ")
    assert "worker" in _run(installed / "kpr-stream", "--help", cwd=tmp_path)


def test_a_vendor_can_check_an_export_without_extras(installed: Path, tmp_path: Path) -> None:
    write(tmp_path, [unit(consultation())])
    checked = _run(
        *(installed / "kpr-stream", "check", tmp_path, "--system", "visma-hspro", "--json"),
        cwd=tmp_path,
    )
    assert '"outcome": "accepted"' in checked


def test_every_data_file_of_the_package_is_installed(installed: Path, tmp_path: Path) -> None:
    there = _run(
        *(installed / "python", "-c", "import kpr_stream; print(kpr_stream.__path__[0])"),
        cwd=tmp_path,
    ).strip()
    for kind in ("csv", "json", "sql", "md", "typed"):
        for file in (ROOT / "kpr_stream").rglob(f"*.{kind}"):
            assert (Path(there) / file.relative_to(ROOT / "kpr_stream")).exists(), file
