"""Writes the dashboards: `python -m deploy.grafana`.

With `--output FOLDER` it writes them elsewhere. With `--runbooks` they link to the address at which
an installation serves `docs/operate/runbooks`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from deploy.grafana.boards import FOLDER, files
from deploy.grafana.parts.variables import RUNBOOKS
from tools.generated import write


def main() -> None:
    """Write what differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=FOLDER)
    parser.add_argument("--runbooks", default=RUNBOOKS)
    given = parser.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    write(files(given.output, runbooks=given.runbooks))


if __name__ == "__main__":
    main()
