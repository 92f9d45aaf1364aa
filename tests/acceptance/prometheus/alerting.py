"""A Prometheus with the scaled rules, and an Alertmanager that sends its mails to the test."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from kpr_stream.demo.progress import free_port
from tests.acceptance.prometheus.server import Server, installed, prometheus
from tests.support.child import running
from tests.support.repository import ROOT
from tools.prometheus_rules import rule_files

SCALE: Final = 20
"""All times of the rules are divided by it: five minutes are 15 seconds."""
SCRAPE_S: Final = 2
FOLDER: Final = ROOT / "deploy" / "prometheus"

Alert = tuple[str, tuple[tuple[str, str], ...]]
"""Name and labels, without those that every alert of that name has."""
LEFT_OUT: Final = {"__name__", "alertname", "alertstate", "severity"}


async def alerts(server: Server, selector: str, window: str = "") -> set[Alert]:
    """Return the alerts of a state, now or in a window before now."""
    expression = f"ALERTS{{{selector}}}"
    if window:
        expression = f"max_over_time({expression}[{window}])"
    series = await asyncio.to_thread(server.ask, expression)
    return {_alert(one["metric"]) for one in series}


def _alert(labels: dict[str, str]) -> Alert:
    kept = sorted((k, v) for k, v in labels.items() if k not in LEFT_OUT)
    return labels["alertname"], tuple(kept)


@asynccontextmanager
async def monitoring(
    folder: Path, home: Path, *, mail_port: int, addresses: str
) -> AsyncIterator[Server]:
    """Run both servers. ``addresses``: the template of contacts' addresses."""
    alertmanager = f"127.0.0.1:{free_port()}"
    rules = {path.name: text for path, text in rule_files(folder, scale=SCALE).items()}
    mails = _alertmanager_files(folder / "alertmanager", mail_port, addresses)
    command = (
        *(installed("prometheus-alertmanager"), f"--config.file={mails}"),
        *(f"--storage.path={folder / 'alertmanager-data'}", "--cluster.listen-address="),
        f"--web.listen-address={alertmanager}",
    )
    with running(command, folder / "alertmanager.log"):
        async with prometheus(
            home, folder / "prometheus", rules, scrape_s=SCRAPE_S, alertmanager=alertmanager
        ) as server:
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
