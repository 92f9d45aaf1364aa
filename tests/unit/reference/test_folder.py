"""A reference folder is used whole or not at all."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kpr_stream.cli.app import build_cli
from kpr_stream.errors import ConfigurationError
from kpr_stream.processor.worker.emitter import build_emitter
from kpr_stream.processor.worker.frame_context import frame_context
from kpr_stream.processor.worker.reference_copy import COPIES, with_kept_reference
from kpr_stream.reference.load import load_reference, read_reference, shipped_folder
from kpr_stream.reference.manifest import MANIFEST, read_manifest
from kpr_stream.reference.tables import TABLES
from kpr_stream.settings import Settings
from tests.support.receiver import keys

TODAY = date(2026, 11, 25)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped folder, to be damaged."""
    made = tmp_path / "data"
    shutil.copytree(shipped_folder(), made)
    return made


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def _seal(folder: Path, valid_from: str = "2026-01-01") -> None:
    done = CliRunner().invoke(
        build_cli(), ["reference", "seal", str(folder), "--valid-from", valid_from]
    )
    if isinstance(done.exception, ConfigurationError):
        raise done.exception
    assert done.exit_code == 0, done.output


def test_the_shipped_folder_is_sealed_as_it_is() -> None:
    manifest = read_manifest((shipped_folder() / MANIFEST).read_text("utf-8"))
    assert set(manifest.files) == {table.file for table in TABLES}
    assert manifest.version == load_reference().version
    assert manifest.to_json() == (shipped_folder() / MANIFEST).read_text("utf-8")


def test_a_changed_file_is_refused_until_it_is_sealed_and_then_another_version(
    folder: Path,
) -> None:
    _replace(folder / "kommuner.csv", "Halden", "Haldn")
    with pytest.raises(ConfigurationError, match=r"kommuner\.csv: its checksum"):
        read_reference(folder)
    _seal(folder)
    changed = read_reference(folder)
    assert changed.version != load_reference().version
    assert "Haldn" in changed.municipalities["name"].to_list()


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        ("kommuner.csv", "\n0104,", "\n0101,", r"kommuner\.csv: code is empty or not unique"),
        ("kommuner.csv", "code,name", "kode,name", r"lacks the columns code"),
        (
            "kommuner.csv",
            "\n0301,",
            "\n301,",
            r"old_code|municipality_code is not in|four|4 digits",
        ),
        ("kommuner.csv", "1838-01-01,2020-01-01", "1838-01-01,2021-01-01", r"does not end"),
        ("kommuner.csv", "1838-01-01", "1838-13-01", r"a date in it is not valid"),
        ("bydeler.csv", ",0301,", ",0302,", r"municipality_code is not in kommuner\.csv"),
        ("hst_programme.csv", ",21,34,", ",22,34,", r"no step or two"),
        ("hst_programme.csv", ",21,34,", ",x,34,", r"a number in it is not valid"),
        ("hst_programme.csv", ",4U,", ",4X,", r"volven_9505 is not in code_lists\.csv"),
        ("who_weight_for_age.csv", "\n1,100,", "\n1,9100,", r"every age_days"),
        ("who_weight_for_age.csv", "1,0,0.3487,", "1,0,0,", r"L not zero"),
        ("who2007_bmi_for_age.csv", "\n2,228,", "\n2,300,", r"every age_months"),
        (
            "breastfeeding.csv",
            "DELVIS_AMMET,DELVIS",
            "DELVIS_AMMET,LITT",
            r"a status is not one of",
        ),
        ("breastfeeding.csv", "DELVIS_AMMET,DELVIS\n", "", r"of the list ammestatus has no"),
    ],
)
def test_tables_that_do_not_fit_together_cannot_be_sealed(
    folder: Path, file: str, old: str, new: str, problem: str
) -> None:
    _replace(folder / file, old, new)
    with pytest.raises(ConfigurationError, match=problem) as refused:
        _seal(folder)
    assert "KPR_REFERENCE_DIR" in refused.value.what_to_do


def test_a_missing_file_a_missing_manifest_and_a_wrong_count_are_reported(folder: Path) -> None:
    manifest = folder / MANIFEST
    known = json.loads(manifest.read_text("utf-8"))
    known["files"]["bydeler.csv"]["rows"] = 49
    manifest.write_text(json.dumps(known), "utf-8")
    with pytest.raises(ConfigurationError, match=r"bydeler\.csv: 50 rows, the manifest says 49"):
        read_reference(folder)
    known["version"] = "2026-01-01-000000000000"
    manifest.write_text(json.dumps(known), "utf-8")
    with pytest.raises(ConfigurationError, match="its version is"):
        read_reference(folder)
    manifest.unlink()
    with pytest.raises(ConfigurationError, match=r"manifest\.json: No such file"):
        read_reference(folder)
    (folder / "bydeler.csv").unlink()
    with pytest.raises(ConfigurationError, match=r"bydeler\.csv: No such file"):
        read_reference(folder)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"valid_from": "x"}', '{"files": 1}'])
def test_an_invalid_manifest_is_reported(folder: Path, text: str) -> None:
    (folder / MANIFEST).write_text(text, "utf-8")
    with pytest.raises(ConfigurationError, match=r"manifest\.json"):
        read_reference(folder)


def test_a_worker_keeps_a_copy_and_is_not_disturbed_by_what_happens_to_the_folder(
    folder: Path, tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path / "home", reference_dir=folder)
    kept = with_kept_reference(settings, today=TODAY)
    assert kept.reference_dir == tmp_path / "home" / COPIES / load_reference().version
    (folder / "kommuner.csv").write_bytes(b"")
    assert load_reference(kept.reference_dir).version == load_reference().version
    with pytest.raises(ConfigurationError, match="cannot be used") as refused:
        with_kept_reference(settings, today=TODAY)
    assert f"The last good copy is {kept.reference_dir}." in refused.value.what_to_do
    again = with_kept_reference(kept, today=TODAY)
    assert again.reference_dir == kept.reference_dir


def test_a_damaged_copy_is_written_again(folder: Path, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", reference_dir=folder)
    copy = tmp_path / "home" / COPIES / load_reference().version
    copy.mkdir(parents=True)
    (copy / "kommuner.csv").write_text("half", "utf-8")
    assert with_kept_reference(settings, today=TODAY).reference_dir == copy
    assert read_reference(copy).version == load_reference().version


def test_a_reference_of_tomorrow_is_not_used_today(folder: Path, tmp_path: Path) -> None:
    _seal(folder, "2027-01-01")
    settings = Settings(home=tmp_path / "home", reference_dir=folder)
    with pytest.raises(ConfigurationError, match="from 2027-01-01 on"):
        with_kept_reference(settings, today=TODAY)
    assert with_kept_reference(settings, today=date(2027, 1, 1)).reference_dir != folder


def test_show_and_verify_print_version_and_counts(folder: Path) -> None:
    for command in ("show", "verify"):
        done = CliRunner().invoke(build_cli(), ["reference", command, str(folder), "--json"])
        assert done.exit_code == 0, done.output
        output = json.loads(done.stdout)
        assert output["version"] == load_reference().version
        assert output["files"]["kommuner.csv"] == 838


def test_the_texts_of_receipts_and_of_the_rules_command_are_those_of_the_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _replace(folder / "code_lists.csv", "alderstrinn_9505,6A,", "alderstrinn_9505,6B,")
    _replace(folder / "hst_programme.csv", ",6A,", ",6B,")
    _seal(folder)
    settings = Settings(reference_dir=folder)
    emitter = build_emitter(keys(), frame_context(settings))
    (text,) = emitter.texts_of([("PROGRAMME_STEP_OF_OTHER_SERVICE", 1)])
    for language in ("text_no", "text_en"):
        assert "6B" in text[language]
        assert "6A" not in text[language]
    assert emitter.pointer_of("PROGRAMME_STEP_OF_OTHER_SERVICE") == "/programme_step"
    (shipped,) = build_emitter(keys(), frame_context(Settings())).texts_of(
        [("PROGRAMME_STEP_OF_OTHER_SERVICE", 1)]
    )
    assert "6A" in shipped["text_no"]
    monkeypatch.setenv("KPR_REFERENCE_DIR", str(folder))
    listed = json.loads(CliRunner().invoke(build_cli(), ["rules", "list", "--json"]).stdout)
    (rule,) = (r for r in listed["rules"] if r["rule"] == "PROGRAMME_STEP_OF_OTHER_SERVICE")
    assert rule["text_no"] == text["text_no"]
