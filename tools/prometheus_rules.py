"""Writes the rules in `deploy/prometheus/` and their tests: `python -m tools.prometheus_rules`.

With `--output FOLDER` it writes them elsewhere: `--runbooks` is then the address of the runbooks,
and `--scale` divides all times, for a test that cannot wait.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.support.repository import ROOT
from tools.alerts.alert import Group
from tools.alerts.case import case_files
from tools.alerts.cases.table import CASES
from tools.alerts.render import RUNBOOKS, rules
from tools.generated import write

FOLDER: Final = ROOT / "deploy" / "prometheus"


def files() -> Mapping[Path, str]:
    """The rules of each group, and the files that `promtool test rules` reads."""
    tests = {FOLDER / "tests" / name: text for name, text in case_files(CASES).items()}
    return rule_files(FOLDER / "rules") | tests


def rule_files(folder: Path, *, scale: int = 1, runbooks: str = RUNBOOKS) -> dict[Path, str]:
    """The rules of each group, as files of a folder."""
    return {
        folder / f"{group}.yml": rules(group, scale=scale, runbooks=runbooks) for group in Group
    }


def main() -> None:
    """Write what differs, here or in another folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--scale", type=int, default=1)
    parser.add_argument("--runbooks", default=RUNBOOKS)
    given = parser.parse_args()
    if given.output is None:
        write(files())
        return
    write(rule_files(given.output, scale=given.scale, runbooks=given.runbooks))


if __name__ == "__main__":
    main()
