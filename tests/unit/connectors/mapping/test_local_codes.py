"""Whose codes hold: the vendor's in production, the simulator's in a test environment only."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kpr_stream.cli.app import build_cli
from kpr_stream.connectors.mapping import local_codes
from kpr_stream.connectors.mapping.local_codes import profile_in, synthetic_profile
from kpr_stream.connectors.mapping.systems import profile_of
from kpr_stream.connectors.run import Job, Progress, connected
from kpr_stream.errors import ConfigurationError
from kpr_stream.model.words import SYSTEMS, System
from kpr_stream.settings import Environment, Settings

VISMA = System.VISMA_HSPRO
CODES = {"system": "visma-hspro", "codes": {"attendance": {"M": "MOTT"}}}


def settings(environment: Environment, codes_file: Path | None = None) -> Settings:
    return Settings(environment=environment, codes_file=codes_file)


def written(folder: Path, content: Any) -> Path:
    path = folder / "codes.json"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def holds(folder: Path) -> list[Path]:
    return [*folder.iterdir()]


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_simulators_codes_hold_in_test_and_are_refused_in_production(system: System) -> None:
    found = profile_in(system, settings(Environment.TEST))
    assert found == synthetic_profile(system)
    assert found.codes
    with pytest.raises(ConfigurationError, match="are synthetic") as refused:
        profile_in(system, settings(Environment.PRODUCTION))
    assert "KPR_CODES_FILE" in refused.value.what_to_do


def test_a_copy_of_the_simulators_codes_is_refused_as_well(tmp_path: Path) -> None:
    copy = written(tmp_path, (local_codes.SYNTHETIC_FOLDER / f"{VISMA}.json").read_text("utf-8"))
    with pytest.raises(ConfigurationError, match="are synthetic"):
        profile_in(VISMA, settings(Environment.PRODUCTION, copy))


def test_the_vendors_codes_hold_alone_and_its_habits_stay(tmp_path: Path) -> None:
    path = written(tmp_path, CODES)
    for environment in Environment:
        found = profile_in(VISMA, settings(environment, path))
        assert found.codes == {"attendance": {"M": "MOTT"}}
        assert found.clock is profile_of(VISMA).clock


def test_no_profile_carries_codes_of_its_own() -> None:
    """They lie with the simulator, every file marked."""
    for system in SYSTEMS:
        assert profile_of(system).codes == {}
        path = local_codes.SYNTHETIC_FOLDER / f"{system}.json"
        assert json.loads(path.read_text("utf-8"))["synthetic"] is True


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("{", "not JSON text"),
        ([], "valid dictionary"),
        ({"system": "visma-hspro"}, "codes: Field required"),
        (CODES | {"system": "eg-infodoc"}, "for the system eg-infodoc"),
        (CODES | {"codes": {"vekt": {}}}, "for the field vekt"),
        (CODES | {"codes": {"attendance": {"M": ""}}}, "codes.attendance.M"),
        (CODES | {"more": 1}, "more: Extra inputs"),
        (json.dumps(CODES).encode("utf-16"), "is not UTF-8 but UTF-16"),
        ("", "it is empty"),
        (json.dumps(CODES) + json.dumps(CODES), "NDJSON"),
        (b"{}" + bytes(100), "ends in 100 zero bytes"),
        (
            '{"system": "visma-hspro",\n"codes":{"attendance": {"M": "MOTT"},\n  "attendance":{}}}',
            r"has the key «attendance» twice \(line 3, column 3\)",
        ),
        (
            '{"system": "visma-hspro", "codes": {"attendance": {"1": "MOTT",\n "1": "MOTT"}}}',
            r"has a key twice \(line 2, column 2\)",
        ),
        (
            '{"system": "visma-hspro",\n "codes": {"attendance": {"1": "MOTT",\n  "2": "MØTT"}}}',
            r"codes.attendance.2: the code is not one of the contract's .*\(line 3, column 3\)",
        ),
        (
            '{"system": "visma-hspro",\n "codes": {"vekt": {}}}',
            r"for the field vekt \(line 2, column 12\)",
        ),
        (
            '{"system": "visma-hspro", "codes": {"attendance": {"M": 1}}}',
            r"codes.attendance.M: .*\(line 1, column 52\)",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, content: Any, cause: str) -> None:
    with pytest.raises(ConfigurationError, match=cause):
        profile_in(VISMA, settings(Environment.TEST, written(tmp_path, content)))


def test_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, b"\xef\xbb\xbf" + json.dumps(CODES).encode())
    assert profile_in(VISMA, settings(Environment.TEST, path)).codes == CODES["codes"]


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_synthetic_code_is_one_of_the_contract(system: System) -> None:
    path = local_codes.SYNTHETIC_FOLDER / f"{system}.json"
    assert profile_in(system, settings(Environment.TEST, path)).codes


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "codes.json")
    with pytest.raises(ConfigurationError, match="it is a named pipe, not a file"):
        profile_in(VISMA, settings(Environment.TEST, tmp_path / "codes.json"))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="No such file"):
        profile_in(VISMA, settings(Environment.TEST, tmp_path / "none.json"))


def test_the_dry_run_refuses_them_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KPR_ENVIRONMENT", "production")
    result = CliRunner().invoke(build_cli(), ["check", str(tmp_path), "--system", VISMA.value])
    assert isinstance(result.exception, ConfigurationError)
    monkeypatch.setenv("KPR_CODES_FILE", str(written(tmp_path, CODES)))
    (exports := tmp_path / "exports").mkdir()
    result = CliRunner().invoke(build_cli(), ["check", str(exports), "--system", VISMA.value])
    assert not isinstance(result.exception, ConfigurationError)


async def test_the_connector_refuses_them_before_it_opens_anything(tmp_path: Path) -> None:
    production = Settings(environment=Environment.PRODUCTION, home=tmp_path)
    job = Job(folder=tmp_path, system=VISMA)
    with pytest.raises(ConfigurationError, match="are synthetic"):
        async with connected(job, production, Progress(), asyncio.Event()):
            pass
    assert holds(tmp_path) == []
