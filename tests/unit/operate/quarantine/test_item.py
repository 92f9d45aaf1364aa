"""Which rules of a quarantined item are reported as the cause."""

from __future__ import annotations

from typing import Any

from kpr_stream.operate.quarantine.find import rejecting_rules
from kpr_stream.operate.quarantine.item import count_items, split_rules
from kpr_stream.settings import Settings

REJECTING = {"START_MISSING", "CONSULTATION_ID_MISSING"}
FOUND = ["START_MISSING", "ID_LEADING_ZERO_LOST"]


def state(*rules: str, **more: Any) -> dict[str, Any]:
    fields = {"org_nr": "974760673", "system": "eg-infodoc", "software_version": "7.1"}
    return fields | {"rules": list(rules)} | more


def test_a_warning_is_not_reported_as_the_cause_of_a_rejection() -> None:
    assert split_rules(FOUND, REJECTING) == (["START_MISSING"], ["ID_LEADING_ZERO_LOST"])
    assert [row["rule"] for row in count_items([state(*FOUND)] * 3, REJECTING)] == ["START_MISSING"]


def test_where_no_rule_of_this_release_rejects_all_may_be_the_cause() -> None:
    assert split_rules(["GONE_RULE", "OTHER"], REJECTING) == (["GONE_RULE", "OTHER"], [])
    assert [row["rule"] for row in count_items([state()], REJECTING)] == ["-"]


def test_the_rejecting_rules_are_those_of_the_catalogue() -> None:
    assert rejecting_rules(Settings()) >= REJECTING
    assert "ID_LEADING_ZERO_LOST" not in rejecting_rules(Settings())
