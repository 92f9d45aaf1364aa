"""From opened deliveries to items ready to be decided."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpr_stream.model.delivery import Decrypted, DeliveryRefused, PersonId, Prepared, PreparedItem
from kpr_stream.model.person_id import IdKind
from kpr_stream.model.words import MessageType, Operation, Refusal
from kpr_stream.processor.frame.prepare import FrameContext, prepare
from kpr_stream.reference import load_reference
from kpr_stream.schemas.catalogue import schema
from kpr_stream.schemas.wire import decode, encode
from tests.support.deliveries import (
    NOW_MS,
    appointment,
    consultation,
    opened,
    synthetic_fh_number,
    synthetic_id,
)
from tests.support.examples import examples

CONTEXT = FrameContext(synthetic_ids=True, reference=load_reference())
BORN = date(2024, 1, 20)
FNR, D_NUMBER = synthetic_id(BORN), synthetic_id(BORN, day_plus=40)
FH_NUMBER, DUF = synthetic_fh_number(), "201012345678"
EPOCH = date(1970, 1, 1)
VERSIONS = {"rule_set_version", "reference_version"}
CALLERS = {
    *("status", "org_nr", "system", "extracted_at", "sequence", "received_at", "person_key"),
    *VERSIONS,
}


def _items(*deliveries: Decrypted, context: FrameContext = CONTEXT) -> list[PreparedItem]:
    found = prepare(deliveries, context)
    return [item for one in found if isinstance(one, Prepared) for item in one.items]


def _one(message_type: str = MessageType.CONSULTATION, **changes: Any) -> PreparedItem:
    make = consultation if message_type == MessageType.CONSULTATION else appointment
    (item,) = _items(opened([make(**changes)], message_type=message_type))
    return item


def test_a_consultation() -> None:
    item = _one(group_id="g-1", group_size=4)
    day = (date(2024, 3, 4) - EPOCH).days
    assert (item.index, item.operation, item.local_id) == (0, Operation.UPSERT, "k-0")
    assert not item.rejected
    assert item.raw is None
    assert item.person == PersonId(IdKind.FNR, FNR)
    assert item.other_ids == (PersonId(IdKind.LOCAL, "p-0"),)
    assert item.birth_date == (BORN - EPOCH).days
    assert item.start_minute == int(datetime(2024, 3, 4, 9, tzinfo=UTC).timestamp()) // 60
    assert item.group_id == "g-1"
    assert item.cleaned == {
        "service": "HELSESTASJON_0_5",
        "date": day,
        "time_precision": "minute",
        "consultation_type": "INDIVIDUELL",
        "contact_form": "PERSONLIG",
        "attendance": "MOTT",
        "programme_step_reported": "6U",
        "programme_step": "UKE_6",
        "programme_step_found_by": "reported",
        "grade": None,
        "duration_minutes": 30,
        "group_size": 4,
        "practitioner_roles": ["HELSESYKEPLEIER"],
        "municipality_code": "0301",
        "municipality_valid": True,
        "district_code": None,
        "age_days": 44,
        "age_months": 1,
        "sex": consultation()["sex"],
        "weight_g": 4500,
        "weight_reason_not_measured": None,
        "weight_z": -0.23,
        "weight_z_reference": "WHO_2006",
        "weight_z_flag": False,
        "length_mm": 560,
        "length_position": "LIGGENDE",
        "length_reason_not_measured": None,
        "length_z": 0.36,
        "length_z_reference": "WHO_2006",
        "length_z_flag": False,
        "bmi_z": -0.62,
        "bmi_z_reference": "WHO_2006",
        "bmi_z_flag": False,
        "head_circumference_mm": None,
        "head_circumference_reason_not_measured": None,
        "head_circumference_z": None,
        "head_circumference_z_reference": None,
        "head_circumference_z_flag": None,
        "breastfeeding": "FULLAMMET",
        "breastfeeding_status": "FULLT",
        "maternity_discharge_date": None,
        "warnings": (),
        "set_aside": (),
    }


@pytest.mark.parametrize("message", ["consultation", "appointment"])
def test_the_cleaned_record_is_complete_with_what_the_caller_adds(message: str) -> None:
    item = _one(message, birth_date=BORN)
    theirs = CALLERS | {f"{message}_key"} | ({"group_key"} if message == "consultation" else set())
    assert set(item.cleaned) == set(schema(message).field_names) - theirs
    added = dict.fromkeys(theirs, "x") | {"extracted_at": 1, "sequence": 1, "received_at": 1}
    read = decode(message, encode(message, {**item.cleaned, **added}))
    assert read["date"] == date(2024, 3, 4)
    assert read["age_days"] == 44


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ({}, (IdKind.FNR, FNR)),
        ({"dnr": D_NUMBER, "duf": DUF, "fh_number": FH_NUMBER}, (IdKind.FNR, FNR)),
        ({"fnr": None, "dnr": D_NUMBER, "fh_number": FH_NUMBER}, (IdKind.DNR, D_NUMBER)),
        ({"fnr": None, "fh_number": FH_NUMBER, "duf": DUF}, (IdKind.FH, FH_NUMBER)),
        ({"fnr": None, "duf": f" {DUF}"}, (IdKind.DUF, DUF)),
        ({"fnr": D_NUMBER}, (IdKind.DNR, D_NUMBER)),
        ({"fnr": "12345678901"}, (IdKind.LOCAL, "p-0")),
        ({"fnr": synthetic_id(BORN, month_plus=0)}, (IdKind.LOCAL, "p-0")),
        ({"fnr": None, "h_number": "01415000000"}, (IdKind.LOCAL, "p-0")),
        (
            {"fnr": None, "h_number": "01415000000", "person_local_id": " "},
            (IdKind.LOCAL, "01415000000"),
        ),
        ({"fnr": synthetic_id(date(2024, 1, 9))[1:]}, (IdKind.FNR, synthetic_id(date(2024, 1, 9)))),
    ],
)
def test_which_id_a_person_is_known_by(ids: dict[str, Any], expected: tuple[IdKind, str]) -> None:
    assert _one(**ids).person == PersonId(*expected)


def test_nothing_of_a_person_stands_in_what_might_be_logged() -> None:
    delivery = opened([consultation(start=None)])
    (found,) = prepare([delivery], CONTEXT)
    for text in (repr(found), str(delivery)):
        for secret in (FNR, "p-0", "k-0", "FULLAMMET", "4500"):
            assert secret not in text


def test_nobody_known() -> None:
    assert _one(fnr=None, person_local_id=None).person is None


def test_every_usable_id_is_told_for_links() -> None:
    item = _one(dnr=D_NUMBER, duf=DUF)
    assert [i.kind for i in item.other_ids] == [IdKind.DNR, IdKind.DUF, IdKind.LOCAL]


def test_production_uses_real_numbers_only() -> None:
    production = replace(CONTEXT, synthetic_ids=False)
    real = synthetic_id(BORN, month_plus=0)
    made, born = _items(opened([consultation(), consultation(1, fnr=real)]), context=production)
    assert made.person == PersonId(IdKind.LOCAL, "p-0")
    assert made.findings == ("FNR_NOT_ALLOWED_HERE",)
    assert born.person == PersonId(IdKind.FNR, real)


@pytest.mark.parametrize(
    ("start", "offset", "day"),
    [
        (datetime(2024, 7, 1, 22, 30, tzinfo=UTC), 120, 2),
        (datetime(2024, 7, 1, 22, 30, tzinfo=UTC), 0, 2),  # written in UTC: Norwegian time counts
        (datetime(2024, 1, 4, 22, 0, tzinfo=UTC), 120, 5),  # midnight by a clock that stays summer
        (datetime(2024, 7, 1, 22, 0, tzinfo=UTC), None, 2),  # summer midnight, converted journal
        (datetime(2024, 7, 1, 23, 0, tzinfo=UTC), 100_000, 2),
        (datetime(2024, 7, 2, 0, 30, tzinfo=UTC), -60, 2),
    ],
)
def test_the_local_date(start: datetime, offset: int | None, day: int) -> None:
    item = _one(start=start, start_offset_minutes=offset)
    assert item.cleaned["date"] == (date(2024, start.month, day) - EPOCH).days


def test_no_minute_where_only_the_date_is_known() -> None:
    assert _one(time_precision="date").start_minute is None
    assert _one(time_precision=None).start_minute is not None
    assert _one(MessageType.APPOINTMENT).start_minute is not None


def test_where_the_item_says_nothing_its_delivery_speaks() -> None:
    mine = consultation(municipality_code="1103", district_code="110302")
    delivery = opened([consultation(), mine], municipality_code="301", district_code="30101")
    first, second = (item.cleaned for item in _items(delivery))
    assert (first["municipality_code"], first["district_code"]) == ("0301", "030101")
    assert (second["municipality_code"], second["district_code"]) == ("1103", "110302")


def test_a_delivery_does_not_speak_of_the_districts_of_another_municipality() -> None:
    elsewhere = consultation(municipality_code="1103")
    here = consultation(1, municipality_code="301")
    delivery = opened([elsewhere, here], district_code="30101")
    first, second = (item.cleaned for item in _items(delivery))
    assert (first["municipality_code"], first["district_code"]) == ("1103", None)
    assert (second["municipality_code"], second["district_code"]) == ("0301", "030101")


@pytest.mark.parametrize(
    ("own", "sent", "stored", "finding"),
    [
        ("01", None, "030101", None),
        ("1", None, "030101", None),
        (None, "01", "030101", None),
        (None, "1", "030101", None),
        ("02", "01", "030102", None),
        ("4U", None, None, "CODE_UNUSABLE_DISTRICT_CODE"),
        (None, "4U", None, "CODE_UNUSABLE_DISTRICT_CODE"),
        ("4U", "01", None, "CODE_UNUSABLE_DISTRICT_CODE"),
        (None, "ikke oppgitt", None, "CODE_UNUSABLE_DISTRICT_CODE"),
        (None, "030177", "030177", "CODE_UNKNOWN_DISTRICT_CODE"),
        (None, " ", None, None),
    ],
)
def test_an_odd_district_costs_nothing_else(
    own: str | None, sent: str | None, stored: str | None, finding: str | None
) -> None:
    delivery = opened(
        [consultation(district_code=own)], municipality_code="0301", district_code=sent
    )
    (item,) = _items(delivery)
    assert not item.rejected
    assert item.cleaned["municipality_code"] == "0301"
    assert item.cleaned["district_code"] == stored
    assert item.findings == (() if finding is None else (finding,))
    aside = finding == "CODE_UNUSABLE_DISTRICT_CODE"
    assert item.cleaned["set_aside"] == (("district_code",) if aside else ())


def test_a_delivery_s_odd_district_is_not_reported_for_an_item_of_elsewhere() -> None:
    delivery = opened([consultation(municipality_code="1103")], district_code="4U")
    (item,) = _items(delivery)
    assert (item.findings, item.cleaned["district_code"]) == ((), None)


def test_steps() -> None:
    def step(code: str | None) -> tuple[Any, ...]:
        cleaned = _one(programme_step=code).cleaned
        return cleaned["programme_step"], cleaned["programme_step_found_by"]

    assert step("MND_3") == ("MND_3", "reported")
    assert step("2A") == ("AR_2", "reported")
    assert step("E") == step("NYTT") == step("Ekstra time hos lege") == (None, None)
    assert step(None) == ("UKE_6", "age")


def test_age_is_never_negative() -> None:
    assert _one(birth_date=date(2024, 3, 5)).cleaned["age_days"] is None
    assert _one(birth_date=date(2024, 3, 4)).cleaned["age_days"] == 0


def test_an_impossible_value_is_set_aside_and_the_rest_stays() -> None:
    item = _one(weight_g=45, length_mm=9, sex="Jente Hansen", practitioner_roles=["Kari Nordmann"])
    assert not item.rejected
    assert item.cleaned["set_aside"] == ("weight_g", "length_mm", "practitioner_roles", "sex")
    for name in ("weight_g", "length_mm", "sex"):
        assert item.cleaned[name] is None
    assert item.cleaned["practitioner_roles"] == []
    assert item.cleaned["breastfeeding"] == "FULLAMMET"
    assert "weight_g=45" in item.content


def test_a_number_of_a_person_never_passes_through_a_coded_field() -> None:
    fields = [
        name
        for name, value in consultation().items()
        if isinstance(value, str) and not name.endswith("_id") and name not in {"operation", "fnr"}
    ]
    item = _one(**dict.fromkeys(fields, FNR), unreadable=[FNR])
    assert FNR not in repr({**item.cleaned})
    assert FNR not in repr(item.findings)


def test_a_rejected_item_is_kept_as_it_was_sent() -> None:
    sent = consultation(start=None, weight_g=1)
    (item,) = _items(opened([sent]))
    assert item.rejected
    assert item.raw is not None
    out = io.BytesIO()
    parsed = schema("consultation_item").parsed
    fastavro.schemaless_writer(out, parsed, dict(item.raw))
    read = fastavro.schemaless_reader(io.BytesIO(out.getvalue()), parsed, None)
    assert isinstance(read, dict)
    assert {name: read[name] for name in sent} == sent


def test_an_unknown_operation_does_nothing() -> None:
    item = _one(operation="remove")
    assert item.rejected
    assert item.operation is Operation.KEEP


def test_deliveries_come_back_in_order_whatever_their_type() -> None:
    batch = [
        opened([consultation(1), consultation(2)], sequence=1),
        opened([appointment(3)], sequence=2, message_type=MessageType.APPOINTMENT),
        opened([], sequence=3),
        opened([consultation(4)], sequence=4, received_at=NOW_MS + 1),
    ]
    found = prepare(batch, CONTEXT)
    assert [one.arrived for one in found if isinstance(one, Prepared)] == [b.arrived for b in batch]
    ids = [[i.local_id for i in one.items] for one in found if isinstance(one, Prepared)]
    assert ids == [["k-1", "k-2"], ["a-3"], [], ["k-4"]]
    indexes = [[i.index for i in one.items] for one in found if isinstance(one, Prepared)]
    assert indexes == [[0, 1], [0], [], [0]]


def test_nothing_and_empty_ones() -> None:
    assert prepare([], CONTEXT) == []
    (only,) = prepare([opened([])], CONTEXT)
    assert isinstance(only, Prepared)
    assert only.items == ()


def test_one_broken_delivery_does_not_disturb_the_others() -> None:
    good, bad = opened([consultation()]), opened([consultation(1)], sequence=2)
    bad = replace(bad, blocks=((1, bad.blocks[0][1][:-1]),))
    first, second, third = prepare([good, bad, good], CONTEXT)
    assert isinstance(first, Prepared)
    assert isinstance(second, DeliveryRefused)
    assert second.reason is Refusal.UNDECODABLE
    assert second.envelope is bad.arrived.envelope
    assert isinstance(third, Prepared)
    assert first.items == third.items
    (alone,) = prepare([bad], CONTEXT)
    assert isinstance(alone, DeliveryRefused)


@pytest.mark.parametrize("operation", ["upsert", "delete"])
def test_a_text_that_is_not_utf_8_rejects_its_own_item_also_when_it_is_judged_again(
    operation: str,
) -> None:
    items = [consultation(n, department_id="avd-æ", operation=operation) for n in range(3)]
    delivery = opened(items)
    ((count, block),) = delivery.blocks
    second = block.index("avd-æ".encode(), block.index("avd-æ".encode()) + 1)
    latin = block[:second] + b"avd-\xe6 " + block[second + 6 :]
    found = _items(replace(delivery, blocks=((count, latin),)))
    assert [item.rejected for item in found] == [False, True, False]
    assert found[1].findings == ("ITEM_NOT_DECODED",)
    assert found[1].raw is not None
    (again,) = _items(opened([dict(found[1].raw)]))
    assert again.findings == ("ITEM_NOT_DECODED",)
    only_the_id = block.replace(b"k-1", b"k-\xff", 1)
    (bad,) = (one for one in _items(replace(delivery, blocks=((count, only_the_id),))) if one.raw)
    assert bad.findings == ("CONSULTATION_ID_UNREADABLE", "ITEM_NOT_DECODED")


def test_content_is_the_same_alone_and_among_others() -> None:
    alone = _items(opened([consultation(3)]))[0]
    among = _items(opened([consultation(2), consultation(3, operation="delete")]))[1]
    assert alone.content == among.content
    assert alone.content != _items(opened([consultation(3, weight_g=4504)]))[0].content


_ANY_TEXT = st.none() | st.text(max_size=12) | st.from_regex(r"[0-9]{9,12}", fullmatch=True)
_ANY_INT = st.none() | st.integers(-(2**31), 2**31 - 1)
_ANY_LIST = st.lists(st.text(max_size=5), max_size=3)


def _anything(name: str) -> st.SearchStrategy[Any]:
    fields = {f["name"]: f["type"] for f in schema(name).parsed["fields"]}
    kinds: dict[str, st.SearchStrategy[Any]] = {}
    for field, kind in fields.items():
        text = str(kind)
        if "array" in text:
            kinds[field] = _ANY_LIST
        elif "long" in text:
            kinds[field] = st.none() | st.integers(-(2**63), 2**63 - 1)
        elif "int" in text:
            kinds[field] = _ANY_INT
        else:
            kinds[field] = _ANY_TEXT
    kinds["operation"] = st.sampled_from([*Operation, "x"]) | st.text(max_size=3)
    return st.fixed_dictionaries(kinds)


@settings(max_examples=examples(60), deadline=None)
@pytest.mark.parametrize("message", ["consultation", "appointment"])
@given(data=st.data())
def test_nothing_that_can_be_sent_raises(message: str, data: st.DataObject) -> None:
    items = data.draw(st.lists(_anything(f"{message}_item"), min_size=1, max_size=4))
    out = io.BytesIO()
    for item in items:
        fastavro.schemaless_writer(out, schema(f"{message}_item").parsed, item)
    like = opened([], message_type=message)
    (found,) = prepare([replace(like, blocks=((len(items), out.getvalue()),))], CONTEXT)
    assert isinstance(found, Prepared)
    for item in found.items:
        written = encode(message, {**_callers(message), **item.cleaned})
        if item.operation is Operation.UPSERT and not item.rejected:
            decode(message, written)


def _callers(message: str) -> dict[str, Any]:
    words = dict.fromkeys([f"{message}_key", "status", "org_nr", "system", *VERSIONS], "x")
    return {**words, "extracted_at": 1, "sequence": 1, "received_at": 1}
