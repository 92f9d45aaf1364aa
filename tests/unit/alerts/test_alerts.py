"""Every alert has its cases and its runbook, and only a risk of loss or of silence is a page."""

from __future__ import annotations

import re

import pytest

from tests.support.repository import ROOT
from tools.alerts.alert import Alert, Group, Severity
from tools.alerts.case import rule_of
from tools.alerts.cases.table import CASES
from tools.alerts.render import rules
from tools.alerts.table import ALERTS, NAMES, RECORDED
from tools.prometheus_rules import rule_files

RUNBOOKS = ROOT / "docs" / "operate" / "runbooks"
IDS = [f"{one.name} {one.severity}" for one in ALERTS]
ALWAYS = {"Watchdog"}
"""Alerts that nothing ends."""
PAGES = {
    "SystemSilent": "silence of a whole system",
    "QuarantineGrowing": "the content of rejected items is deleted after 90 days",
    "BooksDoNotBalance": "a delivery is lost or doubled",
    "NoCommits": "silence of the receiver",
    "LaneUnowned": "silence of an eighth of all units",
    "ProbeFails": "silence that nothing else would show",
    "KeyExpires": "silence of every sender with that key",
    "DiskFills": "loss of what is being written",
    "ExporterAbsent": "silence that nobody would notice",
}
"""The alerts that call somebody at night, and what would be lost or silent."""


@pytest.mark.parametrize("alert", ALERTS, ids=IDS)
def test_an_alert_fires_in_a_case_and_does_not_in_another(alert: Alert) -> None:
    of_name = [case for case in CASES if case.alert == alert.name]
    assert [c for c in of_name for f in c.fires if rule_of(f, c.alert) is alert], "never fires"
    assert alert.name in ALWAYS or [c for c in of_name if not c.fires], "always fires"


def test_every_case_is_of_an_alert_and_has_a_reason_of_its_own() -> None:
    assert {case.alert for case in CASES} == set(NAMES)
    assert len({(case.alert, case.why) for case in CASES}) == len(CASES)


def test_every_alert_has_its_runbook_and_every_runbook_its_alert() -> None:
    assert {page.stem for page in RUNBOOKS.glob("*.md")} - {"README"} == set(NAMES)


def test_a_runbook_has_its_five_parts() -> None:
    for page in RUNBOOKS.glob("*.md"):
        text = page.read_text("utf-8")
        assert text.startswith(f"# {page.stem}\n")
        assert re.findall(r"^## (.*)$", text, re.MULTILINE) == [
            "Meaning",
            "Impact",
            "Diagnosis",
            "Mitigation",
            "Who to call",
        ], page.name


def test_the_page_of_alerts_lists_all_of_them_with_their_severities() -> None:
    rows = re.findall(
        r"^\| \[(\w+)\]\(runbooks/\1\.md\) \| ([a-z, ]+) \|",
        (RUNBOOKS.parent / "alerts.md").read_text("utf-8"),
        re.MULTILINE,
    )
    severities: dict[str, list[str]] = {}
    for alert in ALERTS:
        severities.setdefault(alert.name, []).append(alert.severity)
    assert dict(rows) == {name: ", ".join(found) for name, found in severities.items()}


def test_only_a_risk_of_loss_or_of_silence_is_a_page() -> None:
    assert {one.name for one in ALERTS if one.severity is Severity.PAGE} == PAGES.keys()


@pytest.mark.parametrize("alert", ALERTS, ids=IDS)
def test_texts_are_short_and_whole(alert: Alert) -> None:
    assert not alert.summary.endswith(".")
    assert alert.description.endswith(".")
    assert len(re.sub(r"\{\{.*?\}\}", "", alert.summary)) < 80
    assert len(re.sub(r"\{\{.*?\}\}", "", alert.description)) < 250


def test_every_group_has_rules_and_no_two_rules_are_the_same() -> None:
    assert {one.group for one in ALERTS} | {one.group for one in RECORDED} == set(Group)
    assert len(set(IDS)) == len(IDS)
    recorded = [(one.name, one.labels) for one in RECORDED]
    assert len(set(recorded)) == len(recorded)


@pytest.mark.parametrize("group", Group)
def test_one_number_makes_every_time_shorter(group: Group) -> None:
    as_written, fast = rules(group), rules(group, scale=60)
    times = re.compile(r"(?:\[|for: |offset )(\d+[smhd])")
    assert len(times.findall(fast)) == len(times.findall(as_written))
    assert all(time.endswith("s") for time in times.findall(fast))
    assert "<" not in re.sub(r" < (bool )?\d|<PATH>", "", as_written), "a time is left in brackets"


def test_an_installation_chooses_the_address_of_the_runbooks() -> None:
    made = rule_files(RUNBOOKS, runbooks="https://wiki.example/kpr/")
    assert 'runbook_url: "https://wiki.example/kpr/UnitSilent.md"' in made[RUNBOOKS / "units.yml"]
