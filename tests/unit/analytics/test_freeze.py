"""The name of a freeze, and the columns that privacy takes out of one."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from kpr_stream.analytics.freeze import require_name
from kpr_stream.errors import UsageError
from kpr_stream.rights.kinds import KINDS


@pytest.mark.parametrize("name", ["a", "annual-2026", "kostra-2026-2", "a" * 40])
def test_names_of_freezes(name: str) -> None:
    assert require_name(name) == name


@pytest.mark.parametrize(
    "name", ["", "1st", "Annual", "a" * 41, "a b", "a'; DROP", "a-1234567", "a\n", "å"]
)
def test_other_names_are_refused_and_not_repeated(name: str) -> None:
    with pytest.raises(UsageError, match="The name of a freeze") as refused:
        require_name(name)
    assert "DROP" not in str(refused.value)


def test_what_a_reservation_covers_leaves_a_freeze() -> None:
    """The columns that the step empties are those of the kinds, for every kind."""
    step = files("kpr_stream.analytics").joinpath("steps", "withdraw_frozen.sql").read_text("utf-8")
    emptied = set(re.findall(r"^    (\w+) =\s+CASE WHEN NOT", step, re.MULTILINE))
    migrations = files("kpr_stream.database").joinpath("migrations")
    rows = migrations.joinpath("0015_analytics_rows.sql").read_text("utf-8")
    (table,) = re.findall(r"CREATE TABLE analytics\.consultation_row \((.*?)\n\);", rows, re.DOTALL)
    columns = set(re.findall(r"^    (\w+) ", table, re.MULTILINE))
    assert emptied == {name for name in columns if any(kind.covers(name) for kind in KINDS)}
