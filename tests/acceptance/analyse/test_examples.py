"""The examples for analysts run as they are, and give one and the same figure."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

import polars as pl
import pytest
from polars import col

from kpr_stream.database.access import postgres_dsn
from tests.acceptance.analyse.conftest import EXAMPLES, python_of
from tests.integration.analytics.conftest import FilledDatabase
from tests.support.poll import HANGING_S
from tests.support.repository import ROOT

PAGE = ROOT / "docs" / "analyse" / "examples.md"
ON_FILES = ("breastfed_polars.py", "breastfed_pandas.py", "breastfed_duckdb.py")
PSQL = ("psql", "--no-psqlrc", "--tuples-only", "--no-align", "--file")
ON_DATABASE = {"breastfed.sql": PSQL, "breastfed.R": ("Rscript",)}


def printed(*command: str | Path, **environment: str) -> str:
    done = subprocess.run(
        command,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=HANGING_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def login(filled: FilledDatabase) -> dict[str, str]:
    """The analyst's login, in the variables of PostgreSQL's clients."""
    parts = urlsplit(postgres_dsn(filled.settings, "analyst").get_secret_value())
    return {
        "PGHOST": str(parts.hostname),
        "PGPORT": str(parts.port),
        "PGDATABASE": parts.path.strip("/"),
        "PGUSER": str(parts.username),
        "PGPASSWORD": unquote(str(parts.password)),
    }


def test_five_tools_give_one_figure(
    filled: FilledDatabase, exported: Path, analyst_python: Path
) -> None:
    figures = {
        name: printed(*command, EXAMPLES / name, **login(filled))
        for name, command in ON_DATABASE.items()
    }
    for name in ON_FILES:
        figures[name] = printed(python_of(name, analyst_python), EXAMPLES / name, exported)
    assert len(figures) == 5
    assert len(set(figures.values())) == 1, figures
    assert re.fullmatch(r"\d+ per cent of \d{2,}", figures["breastfed.sql"]), figures
    assert {path.name for path in EXAMPLES.glob("breastfed*")} == figures.keys()


@pytest.mark.parametrize("children", [9, 30])
def test_a_small_group_and_a_small_count_are_hidden(
    exported: Path, analyst_python: Path, tmp_path: Path, children: int
) -> None:
    """Nine children; and thirty of whom four are not breastfed."""
    rows = pl.read_parquet(exported / "consultation" / "*.parquet").filter(
        col("age_months") == 6,
        col("service") == "HELSESTASJON_0_5",
        col("attendance") == "MOTT",
        col("group_key").is_not_null(),
        col("breastfeeding_status").is_in(["FULLT", "DELVIS", "IKKE"]),
    )
    few = rows.unique("group_key").sort("consultation_key").head(children)
    answer = pl.when(pl.int_range(pl.len()) < 4).then(pl.lit("IKKE")).otherwise(pl.lit("FULLT"))
    (tmp_path / "consultation").mkdir()
    few.with_columns(answer.alias("breastfeeding_status")).write_parquet(
        tmp_path / "consultation" / "2020-01.parquet"
    )
    assert few.height == children
    for name in ON_FILES:
        assert printed(python_of(name, analyst_python), EXAMPLES / name, tmp_path) == ":", name


def test_the_page_names_every_example() -> None:
    named = set(re.findall(r"examples/analyse/([\w.]+)", PAGE.read_text("utf-8")))
    assert {path.name for path in EXAMPLES.glob("breastfed*")} <= named
