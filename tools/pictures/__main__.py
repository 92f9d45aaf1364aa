"""Draws the dashboards: `python -m tools.pictures` runs a country for five minutes first.

`--keep FILE` keeps the answers of Prometheus, and `--answers FILE` draws from kept ones.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path
from typing import Final

from tests.support.repository import ROOT
from tests.unit.grafana.reading import FILES, read
from tools.pictures.country import Answered, answers_of_a_country
from tools.pictures.draw import draw

FOLDER: Final = ROOT / "docs" / "operate" / "pictures"


def main() -> None:
    """Write a picture of each dashboard, and print its size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=Path)
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    found: Answered
    if given.answers:
        found = json.loads(given.answers.read_text("utf-8"))
    else:
        found = asyncio.run(answers_of_a_country())
    if given.keep:
        given.keep.write_text(json.dumps(found), "utf-8")
    FOLDER.mkdir(exist_ok=True)
    for board in map(read, FILES):
        path = FOLDER / f"{board['uid']}.png"
        print(path.relative_to(ROOT), draw(board, found[board["uid"]], path))


if __name__ == "__main__":
    main()
