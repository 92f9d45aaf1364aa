"""The report's frames from the database's views, and the command that writes pages from them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl

from kpr_stream.analytics.report.database import DatabaseData
from kpr_stream.analytics.report.frames import PARTS_OF
from tests.integration.analytics.conftest import FilledDatabase

AS_OF = date(2020, 10, 1)
COMMAND_S = 300


def test_every_query_gives_its_frame_and_counts_what_the_views_count(
    filled: FilledDatabase,
) -> None:
    frames = DatabaseData(filled.settings, AS_OF).read()
    (expected,) = filled.rows(
        "SELECT sum(contacts)::bigint AS n FROM analytics.activity WHERE period_months = 1"
        " AND service IS NOT NULL AND current_municipality_code IS NOT NULL"
        " AND period BETWEEN '2019-10-01' AND '2020-09-30'"
    )
    assert frames.contacts.get_column("count").sum() == expected["n"] > 0
    assert set(frames.contacts.get_column("month")) <= {f"2019-{m}" for m in (10, 11, 12)} | {
        f"2020-{m:02}" for m in range(1, 10)
    }
    assert set(frames.youth.get_column("quarter")) <= {"2019-4", "2020-1", "2020-2", "2020-3"}
    parts = frames.shares.group_by("topic").agg(pl.col("part").unique())
    for topic, found in parts.iter_rows():
        assert set(found) <= set(PARTS_OF[topic])
    assert set(frames.shares.get_column("topic")) == set(PARTS_OF)
    assert frames.shares.filter(pl.col("count") < 0).is_empty()
    assert frames.municipalities.get_column("code").is_unique().all()


def test_the_command_writes_a_page(filled: FilledDatabase, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    environment = os.environ | {
        "KPR_HOME": str(filled.settings.home),
        "KPR_RELEASES_DIR": str(tmp_path / "releases"),
    }
    done = subprocess.run(
        [
            *(sys.executable, "-m", "kpr_stream", "report"),
            *("--municipality", "1554", "--out", str(page), "--json"),
        ],
        env=environment,
        capture_output=True,
        text=True,
        timeout=COMMAND_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"written": str(page), "pages": 1}
    assert "Averøy" in page.read_text("utf-8")
    assert list((tmp_path / "releases").iterdir())
