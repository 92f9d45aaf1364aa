"""Bounds on what comes from outside: each is in the table, and holds where it is used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kpr_stream.check.tally import Tally
from kpr_stream.connectors.export import values
from kpr_stream.connectors.export.reader import parse
from kpr_stream.connectors.export.values import JsonNumber, UnreadableValueError
from kpr_stream.errors import ExportError
from kpr_stream.model import limits
from kpr_stream.model.delivery import Arrived, Prepared
from kpr_stream.model.json_text import is_deep
from kpr_stream.processor.frame.prepare import FrameContext, prepare
from kpr_stream.processor.intake.arrive import arrive
from kpr_stream.reference import load_reference
from tests.support.deliveries import consultation, opened, source_record

CONTEXT = FrameContext(synthetic_ids=True, reference=load_reference())
_NOT_OF_A_SENDER = {
    "FRAME_MAX_ITEMS",
    "COLUMNS_FROM_ITEMS",
    "ENVELOPE_BYTES",
    "SOFTWARE_VERSION_CHARS",
    "CLOCK_TOLERANCE_MS",
    "FIRST_EXTRACTION_MS",
}
"""Numbers of other kinds: of a frame, of the connector's own texts, of clocks."""


def _findings(**changes: Any) -> tuple[str, ...]:
    (found,) = prepare([opened([consultation(1, **changes)])], CONTEXT)
    assert isinstance(found, Prepared)
    return found.items[0].findings


def test_every_number_of_the_module_is_in_the_table() -> None:
    named = {
        name: value
        for name, value in vars(limits).items()
        if name.isupper() and isinstance(value, int) and name not in _NOT_OF_A_SENDER
    }
    shown = sorted(bound.most for bound in limits.BOUNDS)
    delivery = limits.RECEIVER
    rest = [delivery.items, delivery.item_bytes, delivery.inflated_bytes, delivery.record_bytes]
    assert shown == sorted([*named.values(), *rest])


@pytest.mark.parametrize(
    ("field", "rule"),
    [
        ("consultation_id", "LOCAL_ID_TOO_LONG"),
        *(
            (name, f"TEXT_TOO_LONG_{name.upper()}")
            for name in (
                *("person_local_id", "group_id", "department_id"),
                *("appointment_id", "local_consultation_type"),
            )
        ),
    ],
)
def test_a_text_longer_than_an_id_is_set_aside(field: str, rule: str) -> None:
    most = limits.MAX_SEARCHED_BYTES
    assert rule not in _findings(**{field: "x" * most})
    assert rule in _findings(**{field: "x" * (most + 1)})
    assert rule in _findings(**{field: "ø" * (most // 2 + 1)})
    assert rule in _findings(**{field: "7" * 100_000})


def test_an_item_whose_id_is_too_long_counts_and_its_receipt_does_not_repeat_the_id() -> None:
    item = consultation(1, consultation_id="7" * 100_000)
    (found,) = prepare([opened([item])], CONTEXT)
    assert isinstance(found, Prepared)
    (prepared,) = found.items
    assert not prepared.rejected
    assert prepared.findings == ("LOCAL_ID_TOO_LONG",)


def test_a_long_list_of_roles_is_set_aside() -> None:
    roles = ["HELSESYKEPLEIER"] * limits.MAX_ROLES
    assert _findings(practitioner_roles=roles) == ()
    assert _findings(practitioner_roles=[*roles, "LEGE"]) == ("PRACTITIONER_ROLES_TOO_MANY",)


def test_of_a_long_list_of_unreadable_fields_only_the_first_are_looked_at() -> None:
    names = ["x"] * limits.MAX_UNREADABLE_NAMES
    (found,) = prepare(
        [
            opened(
                [consultation(1, unreadable=[*names, "sex"]), consultation(2, unreadable=["sex"])]
            )
        ],
        CONTEXT,
    )
    assert isinstance(found, Prepared)
    assert [item.cleaned["set_aside"] for item in found.items] == [(), ("sex",)]


def test_a_text_of_the_envelope_is_cut() -> None:
    long = "1" * 10_000
    found = arrive(source_record([], municipality_code=long, district_code=long))
    assert isinstance(found, Arrived)
    envelope = found.envelope
    for text in (envelope.municipality_code, envelope.district_code):
        assert text == long[: limits.HEADING_LETTERS]


@pytest.mark.parametrize(
    "written", ["1e400000", "9" * 100_000, f"1e{'9' * 30}", "0." + "0" * 100_000, "-1e-400000"]
)
def test_a_number_of_many_digits_is_not_read(written: str) -> None:
    for value in (written, JsonNumber(written)):
        with pytest.raises(UnreadableValueError):
            values.integer(value)
        with pytest.raises(UnreadableValueError):
            values.quantity(value, factor=1000)


def test_a_file_that_is_nested_deeply_is_refused() -> None:
    levels = limits.MAX_NESTING
    deep = [b"[" * levels + b"]" * levels, b'{"a":' * levels + b"1" + b"}" * levels]
    for data in (*deep, b"[" * 1_000_000):
        with pytest.raises(ExportError):
            parse(Path("x.json"), data)
    assert parse(Path("x.json"), b"[" * 50 + b"]" * 50)


@pytest.mark.parametrize(("levels", "deep"), [(999, False), (1_000, True), (1_001, True)])
def test_the_bound_of_nesting_does_not_depend_on_pythons_own(levels: int, *, deep: bool) -> None:
    for nest in (lambda inner: [inner], lambda inner: {"a": inner, "b": 1}):
        found: object = 1
        for _ in range(levels):
            found = nest(found)
        assert is_deep(found) is deep


def test_a_dry_run_lists_a_hundred_keys_outside_the_format() -> None:
    tally = Tally()
    tally.not_read.update({f"key{'x' * n}": 1 for n in range(limits.MAX_KEYS_SHOWN + 1)})
    shown = tally.summary("x")["not_read"]
    assert len(shown) == limits.MAX_KEYS_SHOWN
    assert json.dumps(shown)
