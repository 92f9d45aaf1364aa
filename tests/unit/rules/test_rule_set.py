"""Changed rules need a new version of the rule set."""

from __future__ import annotations

from dataclasses import replace

from polars import col

from kpr_stream.reference import load_reference
from kpr_stream.rules.catalogue import catalogue
from tests.unit.rules.rule_set import current, digest, problem, stored

WRITE = "Run python -m tests.unit.rules.rule_set and commit rule_set.json."


def test_rules_that_change_get_a_new_version() -> None:
    before, after = stored(), current()
    assert problem(before, after) is None, problem(before, after)
    assert before == after, WRITE


def test_a_changed_rule_of_the_same_version_is_noticed() -> None:
    before, after = current(), current()
    after["digests"]["WEIGHT_IMPOSSIBLE"] = "another"
    found = problem(before, after)
    assert found is not None
    assert "WEIGHT_IMPOSSIBLE" in found
    after["made_with"] = after["made_with"] | {"rule_set": "another"}
    assert problem(before, after) is None


def test_a_digest_follows_the_check_and_not_the_wording() -> None:
    rule = catalogue(load_reference())[0]
    assert digest(replace(rule, text_en="Other words.")) == digest(rule)
    assert digest(replace(rule, check=col("sex").is_null())) != digest(rule)
    assert digest(replace(rule, only_after="ANOTHER")) != digest(rule)
