"""Who a person is: birth dates that numbers allow, ids that nobody can have, placeholders."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from kpr_stream.model.delivery import Decrypted, PersonId, Prepared, PreparedItem
from kpr_stream.model.person_id import IdKind
from kpr_stream.model.words import MessageType
from kpr_stream.processor.frame.prepare import FrameContext, prepare
from kpr_stream.reference import load_reference
from kpr_stream.simulate.identifiers import with_control_digits
from tests.support.deliveries import NOW_MS, appointment, consultation, opened, synthetic_id

CONTEXT = FrameContext(synthetic_ids=True, reference=load_reference())
EPOCH = date(1970, 1, 1)


def _items(delivery: Decrypted) -> list[PreparedItem]:
    (found,) = prepare([delivery], CONTEXT)
    assert isinstance(found, Prepared)
    return list(found.items)


def _one(message_type: str = MessageType.CONSULTATION, **changes: Any) -> PreparedItem:
    make = consultation if message_type == MessageType.CONSULTATION else appointment
    (item,) = _items(opened([make(**changes)], message_type=message_type))
    return item


def _number(head: str, individual: int) -> str:
    """Make a number with correct control digits, near an individual number."""
    made = (with_control_digits(f"{head}{n:03}") for n in range(individual, individual + 20, 2))
    return next(number for number in made if number is not None)


REFUGEE = _number("418118", 200)
"""A D-number of 1 January 2018, of the series that was moved from the 1900s."""


@pytest.mark.parametrize(
    ("number", "sent", "known", "agrees"),
    [
        (REFUGEE, date(2018, 1, 1), date(2018, 1, 1), True),
        (REFUGEE, date(1918, 1, 1), date(1918, 1, 1), True),
        (REFUGEE, None, date(2018, 1, 1), True),
        (REFUGEE, date(2018, 1, 2), date(2018, 1, 1), False),
        # Only the old rule's date has been.
        (_number("418130", 300), None, date(1930, 1, 1), True),
        (_number("418130", 300), date(2030, 1, 1), date(1930, 1, 1), False),
        (_number("418118", 100), date(2018, 1, 1), date(1918, 1, 1), False),
        (_number("418118", 100), date(1918, 1, 1), date(1918, 1, 1), True),
        (_number("418160", 700), None, date(1960, 1, 1), True),
        (_number("414118", 400), date(2018, 1, 1), date(2018, 1, 1), True),
        (_number("416618", 400), date(2018, 1, 1), date(2018, 1, 1), True),
    ],
)
@pytest.mark.parametrize("field", ["fnr", "dnr"])
def test_the_birth_date_of_a_d_number(
    field: str,
    number: str,
    sent: date | None,
    known: date,
    agrees: bool,  # noqa: FBT001 - an expectation
) -> None:
    ids: dict[str, Any] = {"fnr": None, "person_local_id": None, field: number}
    item = _one(**ids, birth_date=sent, sex=None)
    assert item.person == PersonId(IdKind.DNR, number)
    assert item.birth_date == (known - EPOCH).days
    assert item.births_agree is agrees
    assert ("BIRTH_DATE_AGAINST_NUMBER" in item.findings) is not agrees


@pytest.mark.parametrize(
    ("fnr", "dnr", "sent", "agree"),
    [
        (synthetic_id(date(2018, 1, 1)), REFUGEE, None, True),
        (synthetic_id(date(1918, 1, 1)), REFUGEE, None, True),
        (synthetic_id(date(1918, 1, 1)), REFUGEE, date(2018, 1, 1), False),
        (synthetic_id(date(2018, 1, 2)), REFUGEE, None, False),
    ],
)
def test_two_numbers_agree_if_one_birth_date_fits_both(
    fnr: str,
    dnr: str,
    sent: date | None,
    agree: bool,  # noqa: FBT001 - as above
) -> None:
    item = _one(fnr=fnr, dnr=dnr, birth_date=sent)
    assert item.births_agree is agree


RECEIVED_ON = datetime.fromtimestamp(NOW_MS / 1000, UTC).date()


@pytest.mark.parametrize(
    ("ids", "valid"),
    [
        ({"fnr": synthetic_id(RECEIVED_ON)}, True),
        ({"fnr": synthetic_id(RECEIVED_ON + timedelta(1))}, False),
        ({"dnr": synthetic_id(RECEIVED_ON, day_plus=40)}, True),
        ({"dnr": synthetic_id(RECEIVED_ON + timedelta(1), day_plus=40)}, False),
        ({"fnr": _number("298224", 500)}, True),
        ({"fnr": _number("298223", 500)}, False),
        ({"dnr": _number("698223", 500)}, False),
        ({"fnr": _number("018145", 560)}, False),  # no century
        ({"fnr": _number("018160", 800)}, False),
        ({"dnr": _number("418160", 800)}, True),  # of the extended series
        ({"dnr": _number("418145", 560)}, False),
        ({"duf": f"{RECEIVED_ON.year}00000012"}, True),
        ({"duf": f"{RECEIVED_ON.year + 1}00000012"}, False),
        *(({"fnr": text}, False) for text in ("0", "00000000000", "99999999999", "0000000000")),
        *(({"dnr": text}, False) for text in ("0", "00000000000", "99999999999")),
        *(({"fh_number": text}, False) for text in ("0", "99999999999", "88888888888")),
        *(({"duf": text}, False) for text in ("0", "000000000000", "999999999999")),
        *(({"h_number": text}, False) for text in ("0", "00000000000", "99999999999")),
        *(({"person_local_id": text}, False) for text in ("0", "00000000000", "99999999999")),
    ],
)
def test_an_id_that_nobody_can_have_is_nobody(ids: dict[str, str], valid: bool) -> None:  # noqa: FBT001
    nobody: dict[str, Any] = {"fnr": None, "person_local_id": None}
    item = _one(**nobody | ids, birth_date=None, sex=None)
    assert (item.person is not None) is valid
    assert (list(ids) == list(item.cleaned["set_aside"])) is not valid


@pytest.mark.parametrize(
    ("received", "valid"),
    [
        (datetime(2023, 12, 31, 22, 59, tzinfo=UTC), False),
        (datetime(2023, 12, 31, 23, 0, tzinfo=UTC), True),
    ],
)
def test_the_day_of_reception_is_a_norwegian_day(received: datetime, valid: bool) -> None:  # noqa: FBT001
    ids: dict[str, Any] = {
        "fnr": synthetic_id(date(2024, 1, 1)),
        "duf": "202400000012",
        "person_local_id": None,
    }
    delivery = opened([consultation(**ids)], received_at=int(received.timestamp() * 1000))
    (item,) = _items(delivery)
    assert (item.person is not None) is valid
    assert len(item.other_ids) == int(valid)


@pytest.mark.parametrize(
    "text", ["0", "000000", "999999999", "00000000-0000-0000-0000-000000000000"]
)
@pytest.mark.parametrize("message", ["consultation", "appointment"])
def test_an_item_under_a_placeholder_has_no_id(message: str, text: str) -> None:
    item = _one(message, **{f"{message}_id": text})
    assert item.rejected
    assert item.findings[0] == f"{message.upper()}_ID_MISSING"


def test_a_running_number_of_nines_is_an_id_of_an_item() -> None:
    assert not _one(consultation_id="99999").rejected


def test_a_placeholder_makes_no_group_and_no_child() -> None:
    item = _one(group_id="0", group_size=4)
    assert (item.group_id, item.findings) == (None, ("PLACEHOLDER_IN_GROUP_ID",))
    nobody: dict[str, Any] = {"fnr": "00000000000", "person_local_id": "0"}
    older: dict[str, Any] = {
        "start": datetime(2024, 3, 5, 9, tzinfo=UTC),
        "breastfeeding": "FULLAMMET",
    }
    delivery = opened(
        [consultation(breastfeeding="DELVIS", **nobody), consultation(1, **nobody, **older)]
    )
    assert not any("FULL_AFTER_LESS" in f for item in _items(delivery) for f in item.findings)
