"""Run every benchmark that takes minutes, one after the other: `make bench-full`.

    python -m bench.full.run [--rounds 3] [--keep]

The options go to each of them. The peers (``bench/peers/``) are measured too where they are there.
Exit 1 if any of them failed; the others are measured all the same.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Final

from bench.figures import report
from tests.support.repository import ROOT

MODULES: Final = (
    *("bench.full.growth", "bench.full.sizes", "bench.full.without", "bench.full.processes"),
    "bench.peers.run",
)
LEFT: Final = (
    "Not measured here, since each takes long: make nation (at least half an hour), "
    "make soak (half an hour)."
)


def there(modules: Sequence[str]) -> list[str]:
    """Return the modules that this repository has."""
    return [name for name in modules if _is_there(name)]


def _is_there(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False  # not even its folder


def main() -> int:
    """Run all and return the exit code."""
    failed = []
    for name in there(MODULES):
        report(name)
        command = [sys.executable, "-m", name, *sys.argv[1:]]
        if subprocess.run(command, cwd=ROOT, check=False).returncode:  # noqa: S603 - our own module
            failed.append(name)
    report(LEFT)
    if failed:
        report(f"Failed: {', '.join(failed)}.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
