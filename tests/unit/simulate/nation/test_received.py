"""What the connector maps and the processor decides is the truth, without broker and database."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from polars import col

from kpr_stream.simulate.nation.generate import Plan, generate
from tests.end_to_end import answers, truth, without_broker

pytestmark = pytest.mark.slow

CHANGE = Plan(
    seed=11,
    municipalities=("5630",),
    first=date(2017, 6, 1),
    last=date(2019, 6, 30),
    daily_from=date(2019, 2, 20),
)
"""From CGM to Visma in November 2018; day by day at the end."""
DISTRICTS = Plan(
    municipalities=("1103",),
    first=date(2019, 12, 25),
    last=date(2020, 1, 8),
    daily_from=date(2019, 12, 28),
)
"""Stavanger's districts over the reform of 2020, day by day."""


@pytest.mark.parametrize("plan", [CHANGE, DISTRICTS], ids=["change of EPJ", "districts"])
def test_records_and_answers_are_those_of_the_truth(tmp_path: Path, plan: Plan) -> None:
    out = tmp_path / "out"
    generate(plan, out)
    receiver = without_broker.received(out)
    found = without_broker.compared(out, receiver)
    assert (found.missing, found.extra, dict(found.different)) == (0, 0, {})
    assert found.compared > 1000
    expected = truth.answers(out)
    assert any(line.outcome == "stale" for lines in expected.values() for line in lines)
    assert dict(answers.differing(expected, without_broker.answered(receiver))) == {}


def test_the_truth_is_also_that_of_every_time_before(tmp_path: Path) -> None:
    """While the newer system brings the journals, while both are in use, and after."""
    out = tmp_path / "out"
    generate(CHANGE, out)
    receiver = without_broker.new_receiver(out)
    looked = set[str]()
    for n, (sent_at, records) in enumerate(without_broker.moments(out)):
        for record in records:
            receiver.take(record)
        if n % 6 == 0:
            found = without_broker.compared(out, receiver, at=sent_at)
            assert (found.missing, found.extra, dict(found.different)) == (0, 0, {}), n
            looked |= {line["status"] for line in truth.lines(out, sent_at)}
    assert looked == {"live", "deleted", "superseded"}


def test_what_is_reserved_is_told_and_would_be_missed(tmp_path: Path) -> None:
    """The comparison fails where a receiver keeps what somebody has reserved."""
    generate(DISTRICTS, tmp_path / "out")
    reserved = truth.table(tmp_path / "out", "records").filter(col("reserved").is_not_null())
    kept = reserved.filter(col("reserved").str.contains("weight"), col("weight_g").is_not_null())
    assert kept.height > 0
    ids = {*kept.filter(col("current")).select("org_nr", "local_id").iter_rows()}
    lines = [o for o in truth.lines(tmp_path / "out") if (o["org_nr"], o["local_id"]) in ids]
    assert {line["record"]["weight_g"] for line in lines} == {None}


def test_districts_have_their_codes_of_each_day(tmp_path: Path) -> None:
    generate(DISTRICTS, tmp_path / "out")
    records = truth.table(tmp_path / "out", "records").filter(
        col("current"), col("status") == "live"
    )
    districts = {*records["district_code"].drop_nulls()}
    assert len(districts) >= 7
    assert all(code[:4] == "1103" for code in districts)
    merged = {*records["municipality_code"]} - {"1103", "0706"}
    assert merged == {"1141", "1142"}
