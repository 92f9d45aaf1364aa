"""The folder of another system is refused before anything is sent."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kpr_stream.cli.app import build_cli
from kpr_stream.connectors.mapping.local_codes import profile_in
from kpr_stream.connectors.source.choose import require_no_fhir, source_in
from kpr_stream.connectors.source.export_folder import ExportFolder
from kpr_stream.connectors.source.fhir_folder import FhirFolder
from kpr_stream.errors import ConfigurationError, UsageError
from kpr_stream.model.words import System
from kpr_stream.settings import Environment, Settings
from tests.support.repository import ROOT
from tests.unit.connectors.exports import consultation, unit, write
from tests.unit.connectors.fhir import resources as fhir


@pytest.mark.parametrize("below", [".", "800000009"])
def test_an_export_json_that_names_another_system_is_an_error(tmp_path: Path, below: str) -> None:
    write(tmp_path / below, [unit(consultation())])
    write(tmp_path / below, json.dumps({"system": "eg-infodoc"}), "export.json")
    with pytest.raises(UsageError, match="another system than visma-hspro") as refused:
        source_in(tmp_path, System.VISMA_HSPRO, Settings(), lambda: b"")
    assert refused.value.exit_code == 2
    assert len(source_in(tmp_path, System.EG_INFODOC, Settings(), lambda: b"").series()) == 1


@pytest.mark.parametrize("sidecar", ["", "{", "[]", '{"softwareVersion": "7"}', '{"system": null}'])
def test_an_export_json_that_names_none_is_no_error(tmp_path: Path, sidecar: str) -> None:
    write(tmp_path, [unit(consultation())])
    write(tmp_path, sidecar, "export.json")
    assert len(source_in(tmp_path, System.VISMA_HSPRO, Settings(), lambda: b"").series()) == 1


@pytest.mark.parametrize("name", [fhir.NAME, "bundle", "000001_HST_Konsultasjon_2025-01"])
def test_fhir_is_recognised_by_what_the_files_hold(tmp_path: Path, name: str) -> None:
    fhir.write_bundle(tmp_path, fhir.organization(), name=name)
    found = source_in(tmp_path, System.HELSEPLATTFORMEN, Settings(), lambda: fhir.KEY)
    assert isinstance(found, FhirFolder)
    assert "FHIR R4" in found.kind


def test_a_folder_of_lines_is_recognised(tmp_path: Path) -> None:
    fhir.write_lines(tmp_path / "800000009", fhir.organization())
    found = source_in(tmp_path, System.HELSEPLATTFORMEN, Settings(), lambda: fhir.KEY)
    assert isinstance(found, FhirFolder)


def test_fhir_of_a_system_without_rows_for_it_is_refused(tmp_path: Path) -> None:
    fhir.write_bundle(tmp_path, fhir.organization())
    with pytest.raises(UsageError, match="no rows for FHIR"):
        source_in(tmp_path, System.VISMA_HSPRO, Settings(), lambda: fhir.KEY)


def test_files_of_the_export_format_are_no_fhir(tmp_path: Path) -> None:
    write(tmp_path, [unit(consultation(resourceType="Bundle"))])
    found = source_in(tmp_path, System.HELSEPLATTFORMEN, Settings(), lambda: fhir.KEY)
    assert isinstance(found, ExportFolder)


def test_the_dry_run_refuses_fhir_and_names_another_way(tmp_path: Path) -> None:
    path = fhir.write_bundle(tmp_path, fhir.organization())
    for one in (path, tmp_path):
        with pytest.raises(UsageError, match="holds FHIR"):
            require_no_fhir(one)
    require_no_fhir(write(tmp_path / "other", [unit(consultation())]))
    require_no_fhir(tmp_path / "other")
    require_no_fhir(tmp_path / "none")


def test_the_codes_on_the_page_are_read(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "vendor" / "fhir.md").read_text("utf-8")
    (text,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    (tmp_path / "codes.json").write_text(text, "utf-8")
    settings = Settings(codes_file=tmp_path / "codes.json", environment=Environment.PRODUCTION)
    found = profile_in(System.HELSEPLATTFORMEN, settings)
    assert found.code_systems == {"attendance": "urn:oid:1.2.3.4"}
    assert found.id_systems == {"consultation_id": "urn:oid:1.2.3.5"}


@pytest.mark.parametrize(
    "more", [{"code_systems": {"fnr": "urn:x"}}, {"id_systems": {"attendance": "urn:x"}}]
)
def test_a_code_system_of_a_field_without_codes_is_refused(
    tmp_path: Path, more: dict[str, object]
) -> None:
    content = {"system": "helseplattformen", "codes": {}, **more}
    (tmp_path / "codes.json").write_text(json.dumps(content), "utf-8")
    with pytest.raises(ConfigurationError, match="for the field"):
        profile_in(System.HELSEPLATTFORMEN, Settings(codes_file=tmp_path / "codes.json"))


def test_the_command_refuses_another_systems_folder_before_it_looks_for_kafka(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPR_HOME", str(tmp_path / "home"))
    fhir.write_bundle(tmp_path / "in", fhir.organization())
    words = ["connect", str(tmp_path / "in"), "--system", "eg-infodoc"]
    done = CliRunner().invoke(build_cli(), words)
    assert isinstance(done.exception, UsageError)
    assert "no rows for FHIR" in done.exception.message
    (tmp_path / "in" / "export.json").write_text('{"system": "helseplattformen"}')
    done = CliRunner().invoke(build_cli(), words)
    assert isinstance(done.exception, UsageError)
    assert "names another system" in done.exception.message
    assert not (tmp_path / "home").exists()
