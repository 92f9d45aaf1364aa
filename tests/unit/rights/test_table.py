"""Reserved values are removed from a record, and nothing else."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.errors import WireFormatError
from kpr_stream.reference import load_reference
from kpr_stream.rights.kinds import KINDS, OFFICIAL_KINDS
from kpr_stream.rights.table import PersonRights, Reservation, Rights
from kpr_stream.rules.receipt_texts import pointer_of
from kpr_stream.schemas.catalogue import schema
from kpr_stream.schemas.wire import encode

PERSON, OTHER = bytes(15) + b"\x01", bytes(15) + b"\x02"
FROM, REVOKED = date(2024, 3, 1), date(2024, 6, 1)
CONTENT: dict[str, Any] = {
    "date": date(2024, 4, 1),
    "sex": "1",
    "weight_g": 4500,
    "weight_reason_not_measured": None,
    "length_mm": 560,
    "breastfeeding": "FULLAMMET",
    "head_circumference_mm": 390,
    "warnings": ["WEIGHT_OUT_OF_RANGE", "FNR_LOST_ZERO"],
    "set_aside": ["weight_g", "grade"],
}
MEASURES = ("weight", "length", "height", "bmi", "head", "breastfeeding", "growth")


def pointer(rule: str) -> str:
    return {"WEIGHT_OUT_OF_RANGE": "/weight_g", "FNR_LOST_ZERO": "/fnr"}[rule]


def rights(*reservations: Reservation, **more: Any) -> Rights:
    return Rights(persons={PERSON: PersonRights(reservations)}, **more)


def without_reserved(
    table: Rights, content: dict[str, Any] | None = None, *keys: bytes
) -> dict[str, Any]:
    return dict(table.without_reserved(keys or (PERSON,), content or CONTENT, pointer))


def record(key: bytes, *reservations: dict[str, Any], **more: Any) -> tuple[bytes, bytes]:
    value = {"person_key": key.hex(), "reservations": list(reservations), **more}
    return key.hex().encode(), encode("rights", value)


def test_a_reserved_weight_is_removed_with_every_mention_and_nothing_else() -> None:
    kept = without_reserved(rights(Reservation("weight", FROM, None)))
    assert kept["weight_g"] is None
    assert (kept["warnings"], kept["set_aside"]) == (["FNR_LOST_ZERO"], ["grade"])
    untouched = CONTENT.keys() - {"weight_g", "warnings", "set_aside"}
    assert {name: kept[name] for name in untouched} == {n: CONTENT[n] for n in untouched}


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("growth", "length_mm"),
        ("weight", "weight_g"),
        ("breastfeeding", "breastfeeding"),
        ("head_circumference", "head_circumference_mm"),
    ],
)
def test_each_kind_holds_its_own_field_back(kind: str, field: str) -> None:
    kept = without_reserved(rights(Reservation(kind, FROM, None)))
    gone = {name for name, value in CONTENT.items() if value and kept[name] is None}
    assert gone == {field}


def test_every_measure_of_the_cleaned_record_belongs_to_a_kind() -> None:
    fields = schema("consultation").field_names
    measures = [f for f in fields if any(word in f for word in MEASURES)]
    assert len(measures) >= 8
    assert [f for f in measures if not any(kind.covers(f) for kind in KINDS)] == []


def test_a_value_derived_from_height_and_weight_is_removed_with_either() -> None:
    for kind in ("growth", "weight"):
        kept = without_reserved(rights(Reservation(kind, FROM, None)), CONTENT | {"bmi_z": 1.2})
        assert kept["bmi_z"] is None


def test_our_own_kind_can_be_switched_off_and_official_ones_stay() -> None:
    all_kinds = [Reservation(kind.name, FROM, None) for kind in KINDS]
    kept = without_reserved(rights(*all_kinds, kinds=OFFICIAL_KINDS))
    assert kept["head_circumference_mm"] == 390
    assert (kept["weight_g"], kept["length_mm"], kept["breastfeeding"]) == (None, None, None)


def test_the_rights_hold_by_whichever_key_the_person_is_known() -> None:
    table = rights(Reservation("weight", FROM, None))
    assert without_reserved(table, CONTENT, OTHER, PERSON)["weight_g"] is None
    assert without_reserved(table, CONTENT, OTHER)["weight_g"] == 4500


@given(
    day=st.dates(date(2023, 1, 1), date(2025, 12, 31)),
    start=st.dates(date(2023, 1, 1), date(2025, 12, 31)),
    days=st.none() | st.integers(0, 400),
)
def test_a_reservation_holds_from_its_first_day_until_the_day_it_is_revoked(
    day: date, start: date, days: int | None
) -> None:
    revoked = None if days is None else start + timedelta(days=days)
    kept = without_reserved(rights(Reservation("weight", start, revoked)), CONTENT | {"date": day})
    holds = start <= day and (revoked is None or day < revoked)
    assert (kept["weight_g"] is None) == holds


@pytest.mark.parametrize("day", [None, (FROM - date(1970, 1, 1)).days])
def test_an_unknown_day_is_held_back_and_a_day_as_a_number_is_understood(day: Any) -> None:
    table = rights(Reservation("weight", FROM, REVOKED))
    assert without_reserved(table, CONTENT | {"date": day})["weight_g"] is None


def test_an_erased_person_is_stopped_by_key_and_by_mark() -> None:
    mark = b"m" * 16
    table = Rights(
        persons={PERSON: PersonRights(erased=True, stop_mark=mark)}, stop_marks=frozenset({mark})
    )
    assert table.is_erased([OTHER, PERSON], list)
    assert table.is_erased([OTHER], lambda: [mark])
    assert not table.is_erased([OTHER], lambda: [b"n" * 16])


def test_records_make_the_next_table_and_leave_the_last_as_it_was() -> None:
    empty = Rights()
    first = {"kind": "weight", "from": FROM, "revoked": None}
    one = empty.with_records([(0, *record(PERSON, first)), (1, *record(OTHER, erased=True))])
    assert (empty.offset, empty.persons) == (-1, {})
    assert one.offset == 1
    assert one.persons[PERSON].reservations == (Reservation("weight", FROM, None),)
    assert one.persons[OTHER].erased
    revoked = first | {"revoked": REVOKED}
    two = one.with_records([(2, *record(PERSON, revoked)), (3, OTHER.hex().encode(), None)])
    assert two.persons == {PERSON: PersonRights((Reservation("weight", FROM, REVOKED),))}
    assert two.offset == 3


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (None, None),
        (b"k", None),
        (PERSON.hex().encode(), b"not a record"),
        (PERSON.hex().encode(), record(OTHER)[1]),
        (PERSON.hex().encode(), record(PERSON, stop_mark="not a hash")[1]),
    ],
)
def test_an_unreadable_record_is_never_skipped(key: bytes | None, value: bytes | None) -> None:
    with pytest.raises(WireFormatError, match=r"offset 4 of kpr\.rights"):
        Rights().with_records([(4, key, value)])


def test_the_catalogue_knows_the_field_of_every_rule() -> None:
    assert pointer_of(load_reference(), "LOCAL_ID_HOLDS_NATIONAL_ID").startswith("/")
