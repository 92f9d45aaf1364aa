"""A Prometheus with the scaled rules, and an Alertmanager that sends its mails to the test."""

from __future__ import annotations

import asyncio
import json
import shutil
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from kpr_stream.demo.progress import free_port
from tests.acceptance.prometheus.child import running
from tests.integration.at_work import wait_until
from tests.support.repository import ROOT
from tools.prometheus_rules import rule_files

SCALE: Final = 20
"""All times of the rules are divided by it: five minutes are 15 seconds."""
ANSWER_S: Final = 5.0
FOLDER: Final = ROOT / "deploy" / "prometheus"

CONFIG: Final = """
global: {{scrape_interval: 2s, scrape_timeout: 2s, evaluation_interval: 1s}}
rule_files: ['{rules}/*.yml']
alerting: {{alertmanagers: [{{static_configs: [{{targets: ['127.0.0.1:{alertmanager}']}}]}}]}}
scrape_configs:
  - job_name: kpr-stream
    file_sd_configs: [{{files: ['{targets}/*.json'], refresh_interval: 1s}}]
"""

Alert = tuple[str, tuple[tuple[str, str], ...]]
"""Name and labels, without those that every alert of that name has."""
LEFT_OUT: Final = {"__name__", "alertname", "alertstate", "severity"}


class PrometheusServer:
    """Questions to a running Prometheus."""

    def __init__(self, port: int) -> None:
        self._port = port

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the series of an expression now; none while the server is starting."""
        asked = urllib.parse.urlencode({"query": expression})
        address = f"http://127.0.0.1:{self._port}/api/v1/query?{asked}"
        try:
            with urllib.request.urlopen(address, timeout=ANSWER_S) as answer:
                found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
                return found
        except (urllib.error.URLError, OSError):
            return []

    async def alerts(self, selector: str, window: str = "") -> set[Alert]:
        """Return the alerts of a state, now or in a window before now."""
        expression = f"ALERTS{{{selector}}}"
        if window:
            expression = f"max_over_time({expression}[{window}])"
        series = await asyncio.to_thread(self.query, expression)
        return {_alert(one["metric"]) for one in series}

    async def until(self, expression: str, within_s: float = 90.0) -> None:
        """Wait until an expression gives a series."""
        await _until(lambda: bool(self.query(expression)), within_s)


def _alert(labels: dict[str, str]) -> Alert:
    kept = sorted((k, v) for k, v in labels.items() if k not in LEFT_OUT)
    return labels["alertname"], tuple(kept)


async def _until(ask: Any, within_s: float) -> None:
    answer = False

    async def keep_asking() -> None:
        nonlocal answer
        while not answer:
            answer = await asyncio.to_thread(ask)

    asking = asyncio.create_task(keep_asking())
    try:
        await wait_until(lambda: answer, within_s)
    finally:
        asking.cancel()


@asynccontextmanager
async def monitoring(
    folder: Path, targets: Path, *, mail_port: int, addresses: str
) -> AsyncIterator[PrometheusServer]:
    """Run both servers. ``addresses``: the template of contacts' addresses."""
    prometheus, alertmanager = free_port(), free_port()
    rules = folder / "rules"
    rules.mkdir()
    for path, text in rule_files(rules, scale=SCALE).items():
        path.write_text(text, "utf-8")
    config = folder / "prometheus.yml"
    config.write_text(
        CONFIG.format(rules=rules, targets=targets, alertmanager=alertmanager), "utf-8"
    )
    mails = _alertmanager_files(folder / "alertmanager", mail_port, addresses)
    with (
        running(
            (
                _installed("prometheus-alertmanager"),
                f"--config.file={mails}",
                f"--storage.path={folder / 'alertmanager-data'}",
                f"--web.listen-address=127.0.0.1:{alertmanager}",
                "--cluster.listen-address=",
            ),
            folder / "alertmanager.log",
        ),
        running(
            (
                _installed("prometheus"),
                f"--config.file={config}",
                f"--storage.tsdb.path={folder / 'prometheus-data'}",
                f"--web.listen-address=127.0.0.1:{prometheus}",
            ),
            folder / "prometheus.log",
        ),
    ):
        server = PrometheusServer(prometheus)
        await server.until("vector(1)")
        yield server


def _alertmanager_files(folder: Path, mail_port: int, addresses: str) -> Path:
    """Copy the configuration of the repository; only the mail server and the waiting differ."""
    shutil.copytree(FOLDER, folder)
    (folder / "templates" / "addresses.tmpl").write_text(addresses, "utf-8")
    config = folder / "alertmanager.yml"
    text = config.read_text("utf-8")
    server = f"127.0.0.1:{mail_port}\n  smtp_require_tls: false"
    text = text.replace("mail.example.org:587", server)
    config.write_text(text.replace("group_wait: 1m", "group_wait: 1s"), "utf-8")
    return config


def _installed(name: str) -> str:
    there = shutil.which(name)
    assert there, f"install {name}: .ci/run shows how"
    return there
