"""The examples on the vendors' pages are what the commands read and print."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from typer.testing import CliRunner

from kpr_stream.cli.app import build_cli
from kpr_stream.connectors.mapping.local_codes import profile_in
from kpr_stream.keys.keyring import new_keyring, read_public_key
from kpr_stream.model.words import System
from kpr_stream.settings import Settings
from tests.support.poll import HANGING_S
from tests.support.repository import ROOT, SCHEMAS

VENDOR = ROOT / "docs" / "vendor"
NAME = "000001_HST_Konsultasjon_2025-01_20250201T040000Z.json"
SYSTEM = System.VISMA_HSPRO


def blocks(page: str, language: str = "json") -> list[str]:
    text = (VENDOR / page).read_text("utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def check(path: Path) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(build_cli(), ["check", str(path), "--system", SYSTEM, "--json"])
    return done.exit_code, json.loads(done.stdout)


def test_the_example_of_the_export_format_passes_the_dry_run(tmp_path: Path) -> None:
    export, _ = blocks("export-format.md")
    (tmp_path / NAME).write_text(export, "utf-8")
    code, found = check(tmp_path)
    assert (code, found["summary"]["items_by_rule"]) == (0, {}), found
    outcomes = {word: n for word, n in found["summary"]["outcomes"].items() if n}
    assert outcomes == {"deleted": 1, "accepted": 1}


def test_the_example_of_local_codes_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, codes = blocks("export-format.md")
    file = tmp_path / "codes.json"
    file.write_text(codes, "utf-8")
    monkeypatch.setenv("KPR_CODES_FILE", str(file))
    assert profile_in(SYSTEM, Settings()).system is SYSTEM


def test_the_example_of_a_report_is_what_is_printed(tmp_path: Path) -> None:
    export, _ = blocks("export-format.md")
    wrong = export.replace('"vekt": 4710, "hodeomkrets"', '"vekt": 4, "Hodeomkrets"')
    (tmp_path / NAME).write_text(re.sub(r'"slettKonsultasjon".*\n', "", wrong), "utf-8")
    code, found = check(tmp_path)
    (shown,) = blocks("check.md")
    wanted = json.loads(shown)
    assert code == 1
    assert found["items"][0].keys() == wanted["items"][0].keys()
    (finding,) = found["items"][0]["rules"]
    (said,) = wanted["items"][0]["rules"]
    for name in ("rule", "severity", "field", "pointer", "who"):
        assert finding[name] == said[name]
    assert finding.keys() == said.keys()
    for name, value in wanted["summary"].items():
        if name not in {"rule_set", "reference"}:
            assert found["summary"][name] == value, name


def test_a_golden_delivery_passes_the_dry_run_as_the_page_says(tmp_path: Path) -> None:
    """The lines of the page, as a shell of the repository runs them."""
    (lines,) = (block for block in blocks("own-sender.md", "") if "delivery.bin" in block)
    here = lines.replace("delivery.bin", str(tmp_path / "delivery.bin"))
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["/bin/sh", "-ec", here],
        cwd=ROOT,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=HANGING_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("processed: 1 accepted")


def test_the_record_of_the_first_delivery_passes_the_dry_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program of the page without a broker: what it would send is accepted."""
    (program,) = blocks("first-delivery.md", "python")
    secret, public = new_keyring()
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "public_keys.json").write_text(json.dumps(public), "utf-8")
    (tmp_path / "avro_schemas").symlink_to(SCHEMAS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KPR_HOME", str(tmp_path))
    page: dict[str, Any] = {}
    exec(program, page)  # noqa: S102 - the page's own program is what is tested
    record, _ = page["make_record"](page["clear"])
    (key_id,) = secret["private_keys"]
    key, file = tmp_path / "test.pem", tmp_path / "delivery.bin"
    key.write_text(secret["private_keys"][key_id], "utf-8")
    file.write_bytes(record)
    words = ["check", "--record", str(file), "--private-key", str(key), "--system", SYSTEM]
    done = CliRunner().invoke(build_cli(), words)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("processed: 1 accepted")


def test_the_file_of_public_keys_has_the_form_of_the_page(tmp_path: Path) -> None:
    (shown,) = blocks("encryption.md")
    form = json.loads(shown)
    _, public = new_keyring()
    assert form.keys() == public.keys()
    (pem,) = public["public_keys"].values()
    filled = json.dumps(form | {"public_keys": {form["current"]: pem}})
    file = tmp_path / "public_keys.json"
    file.write_text(filled, "utf-8")
    found = read_public_key(file)
    assert found.key_id == form["current"]
    assert (
        found.key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ).decode()
        == pem
    )
    assert pem.startswith(form["public_keys"][form["current"]].split("…")[0])
