"""The analysts' topic over a nation: nobody's birth date, and the rows of the view."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from kpr_stream.model.topics import CONSULTATION
from kpr_stream.projector.project import decoded, projected
from kpr_stream.reference import load_reference
from kpr_stream.schemas import wire
from tests.integration.analytics.birth_dates import Row, by_child, possible_days
from tests.integration.analytics.conftest import FilledDatabase
from tests.support.sink_records import OURS, Incoming

pytestmark = pytest.mark.slow
BATCH = 5_000
IN_WEEK = ("weight_z", "length_z", "bmi_z", "head_circumference_z", "session_key")
"""Fields that the view makes of the day itself where a visit is in the week of birth."""


def on_the_topic(filled: FilledDatabase) -> list[Row]:
    """Every record that was ever written, older versions too, as an analyst may have read them."""
    log = filled.receiver.log[CONSULTATION]
    found: list[Row] = []
    for at in range(0, len(log), BATCH):
        records = [
            Incoming(0, at + n, one.key, one.value, OURS, one.timestamp)
            for n, one in enumerate(log[at : at + BATCH])
        ]
        for made in projected(records, load_reference()):
            row = (
                {"consultation_key": made.key.decode()}
                if made.value is None
                else decoded(made.value)
            )
            found.append({**row, "group_key": row.get("person_key"), "gone": made.value is None})
    return found


def test_every_child_has_at_least_seven_possible_birth_dates(filled: FilledDatabase) -> None:
    """Over all versions of all records of one number."""
    rows = [row for row in on_the_topic(filled) if not row["gone"]]
    children = by_child(rows)
    assert len(children) > 300
    for of_one in children.values():
        # A mistyped birth date is another week: each week alone has its seven days.
        for week in {row["birth_week"] for row in of_one}:
            assert len(possible_days(r for r in of_one if r["birth_week"] == week)) == 7
    assert (
        sum(len({row["birth_week"] for row in of_one}) == 1 for of_one in children.values()) > 300
    )


@pytest.mark.parametrize("more", ["age_days", "maternity_discharge_date"])
def test_the_attack_succeeds_where_a_field_is_put_back(filled: FilledDatabase, more: str) -> None:
    records = filled.receiver.log[CONSULTATION]
    known: dict[str, Any] = {}
    for one in records:
        if one.value is not None:
            cleaned = wire.decode("consultation", one.value)
            known[cleaned["consultation_key"]] = cleaned[more]
    newest = {row["consultation_key"]: row for row in on_the_topic(filled)}
    rows = [{**row, more: known[key]} for key, row in newest.items() if not row["gone"]]
    assert min(len(possible_days(of_one)) for of_one in by_child(rows).values()) < 7


def test_a_record_is_the_row_of_the_view(filled: FilledDatabase) -> None:
    """Where the person has one week in all its rows; all live consultations are on both."""
    newest = {row["consultation_key"]: row for row in on_the_topic(filled)}
    rows = {
        r["consultation_key"].hex: r for r in filled.rows("SELECT * FROM analytics.consultation")
    }
    assert {key for key, row in newest.items() if not row["gone"]} == rows.keys()
    compared = 0
    for key, row in rows.items():
        record = newest[key]
        if record["birth_week"] != row["birth_week"]:
            continue
        names = (record.keys() & row.keys()) - {"consultation_key", "group_key"}
        in_week = record["birth_week"] and record["date"] == record["birth_week"] + timedelta(
            days=6
        )
        if in_week:
            names -= {
                *IN_WEEK,
                *("programme_step", "programme_step_found_by"),
                *(f"{name}_flag" for name in IN_WEEK),
            }
        assert {n: record[n] for n in names} == {n: _as_avro(row[n]) for n in names}
        compared += 1
    assert compared > 0.95 * len(rows)
    assert len(rows) > 5000


def _as_avro(value: Any) -> Any:
    return value.hex if isinstance(value, UUID) else value
