"""Rows of receipts, of units and of rejected items."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from kpr_stream.errors import WireFormatError
from kpr_stream.model.delivery_facts import FACTS, WRITTEN_AT, facts_in, written_at_in
from kpr_stream.sinks.by_value.batch import ValueWrite, value_write
from kpr_stream.sinks.by_value.receipts import without_index
from kpr_stream.sinks.tables import SinkKind, sink
from tests.support.sink_records import OURS, Incoming
from tests.support.value_records import (
    LANE,
    TEXT,
    TOPIC_OF,
    item,
    quarantine_state,
    receipt,
    unit_state,
)

UNIT = "974767880"
TOPICS = {one.topic: one for one in sink(SinkKind.CONTENT).value_topics}


def written(kind: str, *records: Incoming) -> dict[str, list[dict[str, Any]]]:
    write = value_write(TOPICS[TOPIC_OF[kind]], records, {LANE: 1})
    return {rows.table.full_name: json.loads(rows.written) for rows in write.tables}


def test_a_receipt_is_one_delivery_with_what_its_header_says() -> None:
    (row,) = written("receipt", receipt(4, UNIT, counts={"accepted": 2, "rejected": 1}))[
        "content.delivery"
    ]
    assert (row["org_nr"], row["municipality_code"], row["sequence"]) == (UNIT, "0301", 5)
    assert (row["period_from"], row["period_to"]) == ("2026-03-05", "2026-03-05")
    assert row["extracted_at"] == "2026-03-06T04:00:00+00:00"
    assert row["received_at"] == "2026-03-06T05:00:00+00:00"
    assert row["processed_at"] == "2026-03-06T05:00:01+00:00"
    assert (row["accepted_items"], row["rejected_items"], row["item_count"]) == (2, 1, 3)
    assert (row["software_version"], row["delivery_offset"]) == ("7.1", 4)


def test_a_receipt_of_an_earlier_release_has_no_period() -> None:
    old = replace(receipt(4, UNIT), headers=OURS)
    (row,) = written("receipt", old)["content.delivery"]
    assert row["processed_at"] is None
    assert "period_from" not in row


def test_findings_are_counted_by_rule_and_field_and_name_no_item() -> None:
    items = [
        item(0, "rejected", ("START_MISSING", "/start")),
        item(1, "accepted", ("ROLE_UNKNOWN", "/roles/0"), ("START_ODD", "/start")),
        item(2, "accepted", ("ROLE_UNKNOWN", "/roles/12")),
    ]
    texts = [{"rule": "ROLE_UNKNOWN", "severity": "warn", "items": 2, **TEXT}]
    one = receipt(4, UNIT, items=items, texts=texts)
    found = written("receipt", one)
    assert [
        (f["rule"], f["severity"], f["pointer"], f["items"])
        for f in found["content.delivery_finding"]
    ] == [
        ("START_MISSING", None, "/start", 1),
        ("ROLE_UNKNOWN", "warn", "/roles/*", 2),
        ("START_ODD", None, "/start", 1),
    ]
    assert "local-" not in json.dumps(found)


def test_a_later_part_adds_findings_and_no_delivery() -> None:
    more = receipt(4, UNIT, part=2, parts=2, items=[item(9, "rejected", ("A", "/start"))])
    found = written("receipt", more)
    assert found["content.delivery"] == []
    assert len(found["content.delivery_finding"]) == 1


@pytest.mark.parametrize("sent", ["12345678901", "", "not one", "{" + "0" * 32 + "}"])
def test_a_delivery_id_of_another_form_is_not_stored(sent: str) -> None:
    (row,) = written("receipt", receipt(4, UNIT, delivery_id=sent))["content.delivery"]
    assert row["delivery_id"] is None


def test_the_newest_state_of_a_unit_counts() -> None:
    records = [unit_state(0, UNIT), unit_state(1, UNIT, covered_months=0b101)]
    (row,) = written("unit", *records)["content.unit"]
    assert (row["source_offset"], row["covered_months"]) == (1, ["2017-01", "2017-03"])
    assert "recent" not in row


def test_a_rejected_item_is_stored_without_its_key() -> None:
    (row,) = written("quarantine", quarantine_state(0, 7, UNIT))["content.quarantine_state"]
    assert row["state"] == "open"
    assert "item_key" not in row
    assert "f" * 32 not in json.dumps(row)


def test_a_tombstone_names_the_key_of_the_table() -> None:
    gone = replace(unit_state(5, UNIT), value=None)
    write: ValueWrite = value_write(
        TOPICS[TOPIC_OF["unit"]], [unit_state(4, UNIT), gone], {LANE: 2}
    )
    (rows,) = write.tables
    assert (write.rows, write.erasures, json.loads(rows.written)) == (0, 1, [])
    (key,) = json.loads(rows.erased)
    assert key == {
        "org_nr": UNIT,
        "system": "visma-hspro",
        "source_epoch": 2,
        "source_partition": LANE,
        "source_offset": 5,
    }


@pytest.mark.parametrize(
    "broken",
    [
        replace(receipt(4, UNIT), value=b"\x00"),
        replace(receipt(4, UNIT), value=None),
        replace(receipt(4, UNIT), headers=()),
        replace(receipt(4, UNIT), headers=(*OURS, (FACTS, b"{}"))),
        replace(receipt(4, UNIT), headers=(*OURS, (WRITTEN_AT, b"1"))),
    ],
)
def test_a_record_that_cannot_be_read_is_named(broken: Incoming) -> None:
    with pytest.raises(WireFormatError, match=r"receipt\.visma-hspro, partition 3, offset 4"):
        written("receipt", broken)


def test_headers_are_read_as_they_were_written() -> None:
    one = receipt(0, UNIT)
    facts = facts_in(one.headers)
    assert facts is not None
    assert facts.header() in one.headers
    assert written_at_in(one.headers) == one.timestamp + 1000


def test_a_pointer_loses_its_places_only() -> None:
    assert without_index("/a/0/b/17") == "/a/*/b/*"
    assert without_index("/vekt2") == "/vekt2"
