"""Writes the table of SQLSTATEs in `docs/operate/sinks.md`: `python -m tools.sqlstate_table`."""

from __future__ import annotations

import re
from pathlib import Path

from kpr_stream.database.transient import SQLSTATES
from tests.support.repository import ROOT
from tools.generated import write

PAGE = ROOT / "docs" / "operate" / "sinks.md"
BLOCK = re.compile(r"(<!-- sqlstates: begin -->\n)(.*?)(<!-- sqlstates: end -->)", re.DOTALL)


def table() -> str:
    """The codes as a Markdown table, in the order of the code."""
    lines = ["| SQLSTATE | meaning | tried again | why |", "| --- | --- | --- | --- |"]
    for one in SQLSTATES:
        name = f"`{one.code}`" if len(one.code) == 5 else f"class `{one.code}`"
        lines.append(f"| {name} | {one.meaning} | {'yes' if one.passes else 'no'} | {one.reason} |")
    return "\n".join(lines) + "\n"


def files() -> dict[Path, str]:
    """The page, with its table made again."""
    page = PAGE.read_text("utf-8")
    return {PAGE: BLOCK.sub(lambda m: m[1] + table() + m[3], page)}


if __name__ == "__main__":
    write(files())
