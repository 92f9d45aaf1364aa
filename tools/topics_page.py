"""Writes the table in `docs/operate/topics.md`: `python -m tools.topics_page`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from kpr_stream.model.topics import COMPACTED, DAY_MS, TOPICS, Topic
from tests.support.repository import ROOT
from tools.generated import write

PAGE = ROOT / "docs" / "operate" / "topics.md"
BLOCK = re.compile(r"(<!-- table: begin -->\n)(.*?)(<!-- table: end -->)", re.DOTALL)


def table() -> str:
    """The topics as a Markdown table, in the order of the code."""
    lines = [
        "| topic | partitions | kept | other settings | writes | reads |",
        "| --- | --- | --- | --- | --- | --- |",
        *(_row(topic) for topic in TOPICS),
    ]
    return "\n".join(lines) + "\n"


def files() -> dict[Path, str]:
    """The page, with its table made again."""
    page = PAGE.read_text("utf-8")
    return {PAGE: BLOCK.sub(lambda m: m[1] + table() + m[3], page)}


def _row(topic: Topic) -> str:
    settings = dict(topic.settings)
    if settings.pop("cleanup.policy") == "compact":
        kept = "compact"
        settings = {k: v for k, v in settings.items() if COMPACTED.get(k) != v}
    else:
        kept = f"{int(settings.pop('retention.ms')) // DAY_MS} days"
    others = [f"`{key}={value}`" for key, value in settings.items()]
    cells = [
        f"`{topic.name}`",
        str(topic.partitions),
        kept,
        _list(others),
        _list(topic.writers),
        _list(topic.readers),
    ]
    return f"| {' | '.join(cells)} |"


def _list(values: Sequence[str]) -> str:
    return ", ".join(values) or "-"


if __name__ == "__main__":
    write(files())
