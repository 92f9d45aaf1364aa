"""The configuration of Alertmanager names alerts that exist, and has a text for each mail."""

from __future__ import annotations

import re

from tests.support.repository import ROOT
from tools.alerts.table import NAMES

FOLDER = ROOT / "deploy" / "prometheus"
CONFIG = (FOLDER / "alertmanager.yml").read_text("utf-8")
MAIL = (FOLDER / "templates" / "mail.tmpl").read_text("utf-8")


def named(text: str) -> set[str]:
    """Every alert that matchers name."""
    found = re.findall(r'alertname =~? "?([\w|]+)', text)
    return {name for names in found for name in names.split("|")}


def test_every_alert_that_a_route_or_an_inhibition_names_exists() -> None:
    assert len(named(CONFIG)) > 10
    assert named(CONFIG) - set(NAMES) == set()


def test_every_alert_that_is_mailed_to_a_contact_has_its_text_and_its_advice() -> None:
    route = CONFIG.split("inhibit_rules:")[0]
    (unit,) = re.findall(r"- receiver: unit\n\s+matchers: (.*)", route)
    (vendor,) = re.findall(r"- receiver: vendor\n\s+matchers: (.*)", route)
    mailed = named(unit) | named(vendor)
    what, advice = MAIL.split('{{ define "kpr.mail.advice" -}}')
    assert set(re.findall(r'eq \. "(\w+)"', what)) == mailed
    assert set(re.findall(r'eq \. "(\w+)"', advice.split("{{ define")[0])) == mailed


def test_every_receiver_of_a_route_is_there() -> None:
    routes, receivers = CONFIG.split("\nreceivers:")
    assert set(re.findall(r"receiver: ([\w-]+)", routes)) == set(
        re.findall(r"- name: ([\w-]+)", receivers)
    )
