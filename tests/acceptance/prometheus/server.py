"""A real Prometheus that scrapes what runs here, and its answers."""

from __future__ import annotations

import asyncio
import json
import shutil
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Final

from kpr_stream.demo.progress import free_port
from kpr_stream.home import TARGETS_FOLDER
from tests.integration.at_work import POLL_S, wait_until
from tests.support.child import running

ANSWER_S: Final = 120.0
SERIES_S: Final = 90.0
"""How long a test waits for a series unless it says otherwise."""
CONFIGURATION: Final = """\
global: {{scrape_interval: {scrape_s}s, scrape_timeout: {scrape_s}s, evaluation_interval: 1s}}
rule_files: [rules/*.yml]
alerting: {{alertmanagers: [{{static_configs: [{{targets: [{alertmanager}]}}]}}]}}
scrape_configs:
  - job_name: kpr-stream
    file_sd_configs: [{{files: ['{targets}/*.json'], refresh_interval: 1s}}]
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A Prometheus that runs."""

    url: str

    def ask(self, expr: str, at: float | None = None) -> list[dict[str, Any]]:
        """Return the series that an expression has at one time; now unless given."""
        more = {} if at is None else {"time": at}
        return self._read("query", {"query": expr, **more})

    def ask_range(
        self, expr: str, *, start: float, end: float, step: float
    ) -> list[dict[str, Any]]:
        """Return the series that an expression has over time."""
        return self._read("query_range", {"query": expr, "start": start, "end": end, "step": step})

    async def until(self, expr: str, within_s: float = SERIES_S) -> None:
        """Wait until an expression has a series; AssertionError after the limit."""
        limit = monotonic() + within_s
        while not await asyncio.to_thread(self.ask, expr):
            assert monotonic() < limit, f"{expr} has no series after {within_s:.0f} s"
            await asyncio.sleep(POLL_S)

    def answers(self) -> bool:
        """Return whether it is ready."""
        try:
            ready = f"{self.url}/-/ready"
            with urllib.request.urlopen(ready, timeout=ANSWER_S):  # noqa: S310 - ours
                return True
        except (urllib.error.URLError, OSError):
            return False

    def _read(self, path: str, asked: Mapping[str, object]) -> list[dict[str, Any]]:
        body = urllib.parse.urlencode(asked).encode()
        request = urllib.request.Request(f"{self.url}/api/v1/{path}", data=body)  # noqa: S310 - ours
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_S) as answer:  # noqa: S310 - ours
                found = json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{asked}: {error.read().decode()}") from error
        result: list[dict[str, Any]] = found["data"]["result"]
        return result


@asynccontextmanager
async def prometheus(
    home: Path,
    folder: Path,
    rules: Mapping[str, str],
    *,
    scrape_s: int = 1,
    alertmanager: str = "",
    flags: Sequence[str] = (),
) -> AsyncIterator[Server]:
    """Run a Prometheus that finds the targets of a home.

    ``rules``: files by name. ``alertmanager``: the address that gets its alerts, if any.
    """
    (folder / "rules").mkdir(parents=True)
    for name, text in rules.items():
        (folder / "rules" / name).write_text(text, "utf-8")
    settings = folder / "prometheus.yml"
    settings.write_text(
        CONFIGURATION.format(
            scrape_s=scrape_s,
            alertmanager=f"'{alertmanager}'" if alertmanager else "",
            targets=home / TARGETS_FOLDER,
        ),
        "utf-8",
    )
    address = f"127.0.0.1:{free_port()}"
    command = (
        *(installed("prometheus"), f"--config.file={settings}"),
        *(f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address={address}"),
        *("--log.level=warn", *flags),
    )
    with running(command, folder / "prometheus.log"):
        server = Server(f"http://{address}")
        await wait_until(server.answers)
        yield server


def installed(name: str) -> str:
    """Return the path of a program that Debian's Prometheus packages bring."""
    there = shutil.which(name)
    assert there, f"install {name}: .ci/run shows how"
    return there
