"""Alertmanager accepts its configuration, and sends each alert where it belongs."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from kpr_stream.operate.units.mail_addresses import address_template
from tests.acceptance.prometheus.server import installed
from tests.support.repository import ROOT
from tools.alerts.alert import Severity
from tools.alerts.table import ALERTS

FOLDER = ROOT / "deploy" / "prometheus"
RUNNING_S = 60
OF_UNITS = {"UnitSilent", "UnitBlocked", "UnitNeverReported", "UnitEmpty"}
OF_VENDORS = {
    *("ReleaseStopped", "AdmissionEnds", "RejectedShareUp", "SetAsideShareUp", "ClockAhead"),
}


def amtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [installed("amtool"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=RUNNING_S,
    )


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The configuration with the addresses of one unit."""
    shutil.copytree(FOLDER, tmp_path / "prometheus")
    addresses = address_template({"974760673": "post@kommune.example"}, "drift@example.org")
    (tmp_path / "prometheus" / "templates" / "addresses.tmpl").write_text(addresses, "utf-8")
    return tmp_path / "prometheus" / "alertmanager.yml"


def test_the_configuration_is_valid(config: Path) -> None:
    done = amtool("check-config", config)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("SUCCESS") == 2


@pytest.mark.parametrize("alert", ALERTS, ids=[f"{a.name} {a.severity}" for a in ALERTS])
def test_each_alert_reaches_those_who_can_do_something(alert: object, config: Path) -> None:
    (one,) = (a for a in ALERTS if a is alert)
    wanted = {
        Severity.PAGE: "on-call",
        Severity.INFO: "watchdog" if one.name == "Watchdog" else "nobody",
        Severity.TICKET: "operators",
    }[one.severity]
    if one.name in OF_UNITS:
        wanted = f"unit,{wanted}"
    if one.name in OF_VENDORS:
        wanted = f"vendor,{wanted}"
    done = amtool(
        *("config", "routes", "test", f"--config.file={config}", f"--verify.receivers={wanted}"),
        *(f"alertname={one.name}", f"severity={one.severity}", "system=eg-infodoc"),
    )
    assert done.returncode == 0, done.stdout + done.stderr


def rendered(config: Path, template: str, data: str) -> str:
    stored = config.with_name("data.json")
    stored.write_text(data, "utf-8")
    done = amtool(
        *("template", "render", f"--template.glob={config.parent / 'templates' / '*.tmpl'}"),
        *(f"--template.text={template}", f"--template.data={stored}"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


SILENT = """{"status": "firing", "groupLabels": {"alertname": "UnitSilent", "org_nr": "974760673",
"system": "eg-infodoc"}, "alerts": [{"status": "firing", "startsAt": "2026-03-03T09:05:00Z",
"labels": {"alertname": "UnitSilent", "org_nr": "974760673", "system": "eg-infodoc",
"municipality_name": "Oslo"}, "annotations": {}}]}"""


def test_the_mail_says_in_norwegian_what_happened_and_what_to_do(config: Path) -> None:
    subject = rendered(config, '{{ template "kpr.mail.subject" . }}', SILENT)
    assert subject.strip() == "KPR: Vi har ikke fått dagens innsending (974760673)"
    text = rendered(config, '{{ template "kpr.mail.text" . }}', SILENT)
    assert "Virksomhet: 974760673, Oslo\nJournalsystem: eg-infodoc\n" in text
    assert "Varslet: 03.03.2026 09:05 (UTC)" in text
    assert "Dette kan dere gjøre:" in text
    assert not re.search(r"\n{3,}|<no value>|\{\{", text)
    resolved = rendered(
        config, '{{ template "kpr.mail.text" . }}', SILENT.replace('"firing"', '"resolved"')
    )
    assert "Dette er i orden igjen." in resolved
    assert "Dette kan dere gjøre" not in resolved


@pytest.mark.parametrize(
    ("party", "address"),
    [("974760673", "post@kommune.example"), ("983658776", "drift@example.org")],
)
def test_a_unit_without_a_contact_is_the_operators(party: str, address: str, config: Path) -> None:
    text = '{{ template "kpr.address" .GroupLabels.org_nr }}'
    assert rendered(config, text, SILENT.replace("974760673", party)).strip() == address
