"""Which rules of a quarantined item are told as the cause."""

from __future__ import annotations

from typing import Any

from kpr_stream.operate.quarantine.find import rejecting_rules
from kpr_stream.operate.quarantine.item import summary, why_rejected
from kpr_stream.settings import Settings

REJECTING = {"START_MISSING", "CONSULTATION_ID_MISSING"}
FOUND = ["START_MISSING", "ID_LEADING_ZERO_LOST"]


def state(*rules: str, **more: Any) -> dict[str, Any]:
    said = {"org_nr": "974760673", "system": "eg-infodoc", "software_version": "7.1"}
    return said | {"rules": list(rules)} | more


def test_a_warning_is_not_told_as_the_cause_of_a_rejection() -> None:
    assert why_rejected(FOUND, REJECTING) == (["START_MISSING"], ["ID_LEADING_ZERO_LOST"])
    assert [row["rule"] for row in summary([state(*FOUND)] * 3, REJECTING)] == ["START_MISSING"]


def test_where_no_rule_of_this_release_rejects_all_may_be_the_cause() -> None:
    assert why_rejected(["GONE_RULE", "OTHER"], REJECTING) == (["GONE_RULE", "OTHER"], [])
    assert [row["rule"] for row in summary([state()], REJECTING)] == ["-"]


def test_the_rejecting_rules_are_those_of_the_catalogue() -> None:
    assert rejecting_rules(Settings()) >= REJECTING
    assert "ID_LEADING_ZERO_LOST" not in rejecting_rules(Settings())
