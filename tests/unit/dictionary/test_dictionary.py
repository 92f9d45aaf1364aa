"""The dictionary: whole, explained, and the same in every form."""

from __future__ import annotations

import csv
import io
import json
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kpr_stream.cli.app import build_cli
from kpr_stream.dictionary.model import (
    TOPIC,
    Dictionary,
    all_fields,
    avro_type,
    dictionary,
    meanings,
)
from kpr_stream.dictionary.page import as_html
from kpr_stream.dictionary.rows import HEAD, as_csv, as_json
from kpr_stream.model.topics import ANALYST_CONSULTATION
from kpr_stream.reference import load_reference

FORBIDDEN = ("age_days", "maternity_discharge_date", "received_at", "extracted_at")


@pytest.fixture(scope="module")
def whole() -> Dictionary:
    return dictionary("1.2.3", load_reference())


def test_every_relation_and_field_is_explained_and_serves_a_question(whole: Dictionary) -> None:
    unexplained = [r.name for r in whole.relations if len(r.text) < 2]
    unexplained += [f"{r.name}.{f.name}" for r, f in all_fields(whole) if len(f.text) < 2]
    assert unexplained == []
    assert all(set(f.questions) <= set("abcd") and f.questions for _, f in all_fields(whole))


def test_it_has_the_topic_and_what_an_analyst_reads_in_the_database(whole: Dictionary) -> None:
    names = [one.name for one in whole.relations]
    assert [one.name for one in whole.relations if one.kind == TOPIC] == [ANALYST_CONSULTATION]
    assert {"analytics.consultation", "reference.code", "reporting.unit"} <= set(names)
    assert not [name for name in names if name.startswith(("content.", "identity.", "registry."))]
    assert len(set(names)) == len(names) > 20


def test_no_row_of_a_person_has_a_field_that_shows_a_birth_date(whole: Dictionary) -> None:
    for name in (ANALYST_CONSULTATION, "analytics.consultation", "analytics.appointment"):
        (relation,) = (one for one in whole.relations if one.name == name)
        assert not {f.name for f in relation.fields} & set(FORBIDDEN)


def test_units_and_codes_are_those_of_the_field(whole: Dictionary) -> None:
    (topic,) = (one for one in whole.relations if one.kind == TOPIC)
    fields = {one.name: one for one in topic.fields}
    assert (fields["weight_g"].unit, fields["weight_g"].questions) == ("g", ["d"])
    assert fields["length_mm"].unit == "mm"
    assert fields["weight_z"].unit == "standard deviations"
    assert (fields["birth_week"].type, fields["birth_week"].unit) == ("date", None)
    sexes = {code.code: (code.name_no, code.name_en) for code in fields["sex"].codes}
    assert sexes["2"] == ("Kvinne", "Female")
    assert fields["breastfeeding"].code_list == "ammestatus"
    assert len(fields["breastfeeding"].codes) == 5


def test_every_code_list_that_is_named_exists() -> None:
    known = set(load_reference().frames["code_lists.csv"].get_column("list"))
    assert set(meanings()["codes"].values()) <= known


@pytest.mark.parametrize(
    ("declared", "name"),
    [
        ("int", "int"),
        (["null", "string"], "string"),
        (["null", {"type": "int", "logicalType": "date"}], "date"),
        ({"type": "array", "items": "string"}, "string[]"),
    ],
)
def test_an_avro_type_has_a_short_name(declared: object, name: str) -> None:
    assert avro_type(declared) == name


def test_csv_and_json_have_every_field(whole: Dictionary) -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(whole))))
    assert tuple(rows[0]) == HEAD
    expected = [(r.name, f.name, f.text) for r, f in all_fields(whole)]
    assert [(r["relation"], r["field"], r["description"]) for r in rows] == expected
    read = json.loads(as_json(whole))
    assert [
        (r["name"], f["name"], f["text"]) for r in read["relations"] for f in r["fields"]
    ] == expected


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.ids.add(found.get("id") or "")
        self.links += [v or "" for k, v in attrs if k in {"href", "src"}]
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_well_formed_and_fetches_nothing(whole: Dictionary) -> None:
    page = _Page()
    page.feed(as_html(whole))
    assert page.open == []
    assert {f"{r.name}.{f.name}" for r, f in all_fields(whole)} <= page.ids
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    words = " ".join(page.text.split())
    assert "Kvinne" in words
    assert "Female" in words
    assert all(" ".join(f.text.split()) in words for _, f in all_fields(whole))


@pytest.mark.parametrize("form", ["html", "csv", "json"])
def test_the_command_writes_each_form(form: str, tmp_path: Path) -> None:
    out = tmp_path / f"dictionary.{form}"
    done = CliRunner().invoke(build_cli(), ["dictionary", "--format", form, "--out", str(out)])
    assert done.exit_code == 0, done.output
    printed = CliRunner().invoke(build_cli(), ["dictionary", "--format", form])
    assert printed.stdout == out.read_text("utf-8")
    assert ANALYST_CONSULTATION in printed.stdout


def test_a_file_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    out = tmp_path / "missing" / "dictionary.html"
    done = CliRunner().invoke(build_cli(), ["dictionary", "--out", str(out)])
    assert done.exit_code != 0
    assert "cannot be written" in str(done.exception)
