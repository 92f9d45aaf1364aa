"""`kpr-stream rules list`: all of the catalogue, for people and for programs."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from kpr_stream.cli.app import build_cli
from kpr_stream.reference import load_reference
from kpr_stream.rules.catalogue import catalogue

RULES = catalogue(load_reference())


def test_the_list_names_every_rule_whole() -> None:
    done = CliRunner().invoke(build_cli(), ["rules", "list"])
    assert done.exit_code == 0
    for rule in RULES:
        assert f" {rule.id} " in done.stdout


def test_the_json_has_all_that_a_page_needs() -> None:
    done = CliRunner().invoke(build_cli(), ["rules", "list", "--json"])
    told = {rule["rule"]: rule for rule in json.loads(done.stdout)["rules"]}
    assert list(told) == [rule.id for rule in RULES]
    weight = told["WEIGHT_UNIT_SLIP"]
    assert weight["in_export"] == "maalinger/vekt"
    assert weight["codes"] == []
    assert told["CODE_UNKNOWN_SEX"]["codes"] == ["0", "1", "2", "9"]
    assert told["OPERATION_UNKNOWN"]["in_export"] is None
    for rule in told.values():
        assert rule["who"]
        assert rule["example"]["wrong"]
        assert rule["example"]["right"]
