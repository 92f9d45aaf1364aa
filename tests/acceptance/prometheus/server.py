"""A real Prometheus that scrapes what runs here, and its answers."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kpr_stream.demo.progress import free_port
from kpr_stream.home import TARGETS_FOLDER
from tests.integration.at_work import wait_until
from tests.support.processes import ending

ANSWER_S: Final = 30.0
CONFIGURATION: Final = """\
global:
  scrape_interval: 1s
  evaluation_interval: 1s
rule_files: [rules/*.yml]
scrape_configs:
  - job_name: kpr-stream
    file_sd_configs:
      - files: [{targets}/*.json]
        refresh_interval: 1s
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
    home: Path, folder: Path, rules: Mapping[str, str] | None = None
) -> AsyncIterator[Server]:
    """Run a Prometheus that finds the targets of a home. ``rules``: files by name."""
    there = shutil.which("prometheus")
    assert there, "install prometheus: .ci/run shows how"
    (folder / "rules").mkdir(parents=True)
    for name, text in (rules or {}).items():
        (folder / "rules" / name).write_text(text, "utf-8")
    settings = folder / "prometheus.yml"
    settings.write_text(CONFIGURATION.format(targets=home / TARGETS_FOLDER), "utf-8")
    address = f"127.0.0.1:{free_port()}"
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: ASYNC220 - starting takes no time
            [
                *(there, f"--config.file={settings}", f"--storage.tsdb.path={folder / 'data'}"),
                *(f"--web.listen-address={address}", "--log.level=warn"),
            ],
            stderr=log,
        )
        with ending(process):
            server = Server(f"http://{address}")
            await wait_until(server.answers)
            yield server


async def ask_later(server: Server, expr: str) -> list[dict[str, Any]]:
    """Ask from a thread, while other things run."""
    return await asyncio.to_thread(server.ask, expr)
