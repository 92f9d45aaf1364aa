"""The simulator's snapshots: same seed, same bytes; Bundles and lines; synthetic persons only."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kpr_stream.cli.app import build_cli
from kpr_stream.connectors.export.names import parse_snapshot_name
from kpr_stream.connectors.source.choose import holds_fhir
from kpr_stream.model.words import SYSTEMS, System

HP = System.HELSEPLATTFORMEN
FNR = re.compile(r"(?<![0-9])[0-9]{11}(?![0-9])")


def simulated(out: Path) -> Path:
    """What the command on the page writes, in small."""
    words = ["simulate", "small", str(out), "--format", "fhir", "--consultations", "300"]
    done = CliRunner().invoke(build_cli(), [*words, "--municipalities", "4"])
    assert done.exit_code == 0, done.output
    return out


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulated(tmp_path_factory.mktemp("world") / "exports")


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_only_a_system_with_rows_for_fhir_writes_fhir(out: Path) -> None:
    assert {system for system in SYSTEMS if holds_fhir(out / system)} == {HP}


def test_snapshots_are_lines_and_bundles_in_turn_each_newer_than_the_last(out: Path) -> None:
    found = sorted(path for path in (out / HP).iterdir() if path.name != "export.json")
    assert [path.suffix for path in found] == ["", ".json", ""]
    times = [parse_snapshot_name(path).extracted_at for path in found]
    assert times == sorted(set(times))
    bundle = json.loads(found[1].read_bytes())
    assert bundle["type"] == "collection"
    sizes = [
        sum(len(path.read_bytes().splitlines()) for path in folder.iterdir())
        for folder in (found[0], found[2])
    ]
    assert sizes[0] < len(bundle["entry"]) <= sizes[1]


def test_the_same_seed_gives_the_same_bytes(out: Path, tmp_path: Path) -> None:
    assert files(simulated(tmp_path / "again")) == files(out)


def test_every_person_is_synthetic(out: Path) -> None:
    numbers = [
        number
        for name, data in files(out / HP).items()
        if "Patient" in name
        for number in FNR.findall(data.decode())
    ]
    assert len(numbers) > 20
    assert all(int(number[2]) >= 8 for number in numbers)
