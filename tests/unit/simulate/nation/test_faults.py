"""Every fault stands where the truth says, and every line has one outcome."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars import col

from kpr_stream.connectors.export import reader as read
from kpr_stream.connectors.mapping import items as mapping
from kpr_stream.connectors.mapping.local_codes import synthetic_profile
from kpr_stream.model.words import MessageType, System
from kpr_stream.simulate.nation.generate import EXPECTED_FILE, generate
from kpr_stream.simulate.nation.records.faults import FAULTS, Fault
from tests.end_to_end import truth
from tests.end_to_end.histories import SMALL, missing_events

pytestmark = pytest.mark.slow

Item = Mapping[str, Any]

_EPOCH = date(1970, 1, 1).toordinal()


def _is_number(value: str | None, width: int) -> bool:
    return value is not None and value.isdigit() and width - 1 <= len(value) <= width


LOOKS: dict[Fault, Callable[[Item], bool]] = {
    Fault.WEIGHT_IN_OTHER_UNIT: lambda i: not 200 <= i["weight_g"] <= 250_000,
    Fault.LENGTH_IN_OTHER_UNIT: lambda i: not 200 <= i["length_mm"] <= 2500,
    Fault.DIGITS_SWAPPED: lambda i: 200 <= i["weight_g"] <= 250_000,
    Fault.WEIGHT_AS_TEXT: lambda i: i["unreadable"] == ["weight_g"],
    Fault.NO_ID: lambda i: i["consultation_id"] is None,
    Fault.NO_START: lambda i: i["start"] is None,
    Fault.WRONG_CHECK_DIGIT: lambda i: _is_number(i["fnr"], 11),
    Fault.SEVERAL_IDS: lambda i: bool(i["fnr"] and (i["dnr"] or i["duf"])),
    Fault.ID_IN_LOCAL_ID: lambda i: _is_number(i["consultation_id"].split("-")[0], 11),
    Fault.ID_IN_CODE: lambda i: _is_number(i["consultation_type"].split()[-1], 11),
    Fault.UNKNOWN_CODE: lambda i: i["consultation_type"] == "KURS",
    Fault.ENDED_MUNICIPALITY: lambda i: i["municipality_code"] in ("0706", "706"),
    Fault.BORN_AFTER_START: lambda i: i["birth_date"] * 86_400_000_000 > i["start"],
}
"""How each fault looks in an item."""


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("faults") / "out"
    generate(SMALL, out)
    return out


def items(out: Path) -> dict[tuple[str, str, int, int], Item]:
    """Every item as the connector maps it, by system, unit, number of the file, and place."""
    found: dict[tuple[str, str, int, int], Item] = {}
    for path in truth.table(out, "files")["path"]:
        file, system = read.parse_name(out / path), path.split("/")[0]
        profile = synthetic_profile(System(system))
        for unit in read.units_of(file, read.read_bytes(out / path)):
            made = [mapping.map_deletion(file.message_type, one) for one in unit.deletions]
            made += [mapping.map_upsert(file.message_type, one, profile) for one in unit.upserts]
            for index, item in enumerate(made):
                found[system, unit.org_nr, file.number, index] = item
    return found


def test_every_line_of_the_exports_stands_in_the_truth_at_its_place(out: Path) -> None:
    expected = {
        (system, org_nr, number, index): (local_id, operation)
        for system, org_nr, local_id, number, index, operation in truth.table(out, "outcomes")
        .select("system", "org_nr", "local_id", "file_number", "index", "operation")
        .iter_rows()
    }
    found = items(out)
    assert found.keys() == expected.keys()
    for place, item in found.items():
        local_id, operation = expected[place]
        assert item["operation"] == operation
        key = "consultation_id" if "consultation_id" in item else "appointment_id"
        if key == "consultation_id" or operation != "upsert":
            assert item.get("consultation_id", item.get("appointment_id")) == local_id


def test_every_fault_stands_at_its_place(out: Path) -> None:
    found, seen = items(out), Counter[Fault]()
    faults = truth.table(out, "faults").filter(
        col("fault").is_in([fault.name.lower() for fault in FAULTS])
    )
    place = ["system", "org_nr", "file_number", "index"]
    for fault, operation, *where in faults.select("fault", "operation", *place).iter_rows():
        kind = Fault[fault.upper()]
        if operation == "upsert":
            assert LOOKS[kind](found[*where]), kind
            seen[kind] += 1
    assert seen.keys() == FAULTS.keys() == LOOKS.keys()


def test_nothing_else_looks_like_a_fault(out: Path) -> None:
    """Every fault is in the table, except swapped digits, which no check can see."""
    place = ["system", "org_nr", "file_number", "index"]
    faults = truth.table(out, "faults").select("fault", *place).rows()
    known = {
        (Fault[name.upper()], *where)
        for name, *where in faults
        if name.upper() in Fault.__members__
    }
    plain = {Fault.DIGITS_SWAPPED, Fault.WRONG_CHECK_DIGIT}
    for where, item in items(out).items():
        if item["operation"] != "upsert" or "consultation_id" not in item:
            continue
        for fault in FAULTS.keys() - plain:
            if (fault, *where) not in known:
                assert not _looks(fault, item), fault


def _looks(fault: Fault, item: Item) -> bool:
    try:
        return LOOKS[fault](item)
    except (TypeError, AttributeError):
        return False  # the field is empty


def test_the_history_of_the_tests_has_every_kind_of_trouble(out: Path) -> None:
    assert missing_events(out) == set()


def test_outcomes_sum_to_items_for_every_unit(out: Path) -> None:
    expected = json.loads((out / EXPECTED_FILE).read_text("utf-8"))
    counts = truth.table(out, "outcomes").group_by("system", "org_nr").len()
    lines = {(system, org_nr): count for system, org_nr, count in counts.iter_rows()}
    units = {
        (system, org_nr): unit
        for system, of_system in expected["systems"].items()
        for org_nr, unit in of_system["units"].items()
    }
    assert units.keys() == lines.keys()
    for name, unit in units.items():
        assert sum(unit["outcomes"].values()) == unit["items_sent"] == lines[name]
    total = expected["total"]
    assert sum(total["outcomes"].values()) == total["items_sent"] == sum(lines.values())


def test_each_key_has_one_current_record_and_what_is_not_live_says_nothing(out: Path) -> None:
    records = truth.table(out, "records")
    key = ["system", "org_nr", "message_type", "local_id"]
    assert (records.group_by(key).agg(col("current").sum())["current"] == 1).all()
    last = records.sort("valid_from", maintain_order=True).group_by(key).last()
    assert last["current"].all()
    apart = records.filter(col("status") != "live")
    assert apart.height > 1000
    assert apart["date"].is_null().all()
    assert apart["person_number"].is_null().all()
    assert {*records["message_type"]} == {kind.value for kind in MessageType} - {"hello"}


def test_what_both_systems_have_is_told_whether_it_can_be_matched_or_not(out: Path) -> None:
    """The truth names pairs that no receiver could find: other minutes, dates only, no id."""
    records = truth.table(out, "records").filter(col("current"))
    newer = records.filter(col("same_as").is_not_null())
    pairs = newer.join(
        records, left_on=["org_nr", "same_as"], right_on=["org_nr", "local_id"], suffix="_older"
    ).filter(col("system") != col("system_older"), col("message_type_older") == "consultation")
    live = pairs.filter(col("status") == "live")
    matched = live.filter(col("status_older") == "superseded")
    unmatched = live.filter(col("status_older") == "live")
    assert matched.height > 1000
    assert unmatched.filter(col("minute").is_null()).height > 100
    with_minute = unmatched.filter(
        col("minute").is_not_null(),
        col("person_kind") != "local",
        col("person_kind_older") != "local",
    )
    assert with_minute.height > 10
    same = (
        (pl.col("minute") == pl.col("minute_older"))
        & (pl.col("date") == pl.col("date_older"))
        & (pl.col("person_number") == pl.col("person_number_older"))
    )
    assert with_minute.filter(same).height == 0
