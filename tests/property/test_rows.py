"""A record that is written in two goes is, byte for byte, the record written in one."""

from __future__ import annotations

import pickle
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.schemas import rows, wire
from kpr_stream.schemas.catalogue import schema
from tests.support.avro_values import values

EACH: Final = pytest.mark.parametrize("name", ["consultation", "appointment", "identity_link"])
SECRET: Final = "a value that no error may show"


def in_two_goes(
    name: str, records: list[dict[str, Any]], known: set[str]
) -> list[tuple[rows.Row, dict[str, Any]]]:
    columns = {field: [record[field] for record in records] for field in known}
    made = rows.by_column(name, columns, len(records))
    later = [{f: v for f, v in record.items() if f not in known} for record in records]
    return list(zip(made, later, strict=True))


@EACH
@given(data=st.data())
def test_the_bytes_are_those_of_the_whole_record(name: str, data: st.DataObject) -> None:
    fields = schema(name).field_names
    records = data.draw(st.lists(values(schema(name).parsed), min_size=1, max_size=4))
    known = set(data.draw(st.lists(st.sampled_from(fields), max_size=len(fields) - 1)))
    for (row, later), record in zip(in_two_goes(name, records, known), records, strict=True):
        assert row == {field: record[field] for field in known}
        assert rows.encode(name, row, later) == wire.encode(name, record)
        sent = pickle.loads(pickle.dumps(row))  # noqa: S301 - as between our own processes
        assert rows.encode(name, sent, later) == wire.encode(name, record)


def record(**changes: Any) -> dict[str, Any]:
    names = ("consultation_key", "status", "org_nr", "system", "rule_set_version")
    whole = dict.fromkeys((*names, "reference_version"), "x")
    return {**whole, "extracted_at": 1, "sequence": 1, "received_at": 1} | changes


def test_what_is_left_out_has_its_default() -> None:
    ((row, later),) = in_two_goes("consultation", [record(weight_g=4_500)], {"weight_g"})
    assert row.runs
    assert rows.encode("consultation", row, later) == wire.encode(
        "consultation", record(weight_g=4_500)
    )


@pytest.mark.parametrize("odd", [2**80, 1.5, "7"])
def test_a_value_that_does_not_fit_is_refused_as_in_one_go(odd: Any) -> None:
    ((row, later),) = in_two_goes("consultation", [record(weight_g=odd)], {"weight_g"})
    assert not row.runs
    with pytest.raises((TypeError, ValueError, OverflowError)) as in_one:
        wire.encode("consultation", record(weight_g=odd))
    with pytest.raises(type(in_one.value)):
        rows.encode("consultation", row, later)


def test_what_is_decided_later_stands_above_what_a_row_says() -> None:
    ((row, later),) = in_two_goes("consultation", [record(weight_g=1)], {"weight_g"})
    assert rows.encode("consultation", row, {**later, "weight_g": 2}) == wire.encode(
        "consultation", record(weight_g=2)
    )


def test_a_field_that_the_schema_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match="has no field weigth_g"):
        rows.by_column("consultation", {"weigth_g": [1]}, 1)
    ((row, later),) = in_two_goes("consultation", [record(weight_g=1)], {"weight_g"})
    with pytest.raises(ValueError, match="lenght_mm"):
        rows.encode("consultation", row, {**later, "lenght_mm": 1})


def test_a_row_tells_nothing_of_itself() -> None:
    (row,) = rows.by_column("consultation", {"weight_reason_not_measured": [SECRET]}, 1)
    assert SECRET not in repr(row)
    assert SECRET not in str(row)
