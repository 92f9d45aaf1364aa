"""Whatever an export holds in its fields: mapping never fails, never guesses, and fits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.connectors.delivery.pack import pack
from kpr_stream.connectors.export import reader as read
from kpr_stream.connectors.mapping.items import map_deletion, map_upsert
from kpr_stream.connectors.mapping.local_codes import synthetic_profile
from kpr_stream.errors import ExportError
from kpr_stream.model.words import SYSTEMS, MessageType
from tests.unit.connectors.exports import consultation
from tests.unit.connectors.mapping.test_items import FULL

LETTERS = st.text(alphabet="aæ1.,-T:+Z \x00\ud800", max_size=12)
PLAIN: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    LETTERS,
)
JSON = PLAIN | st.lists(PLAIN, max_size=3) | st.dictionaries(LETTERS, PLAIN, max_size=2)
PARTS = sorted(FULL["person"] | FULL["maalinger"] | FULL["gruppe"])
INSIDE = st.dictionaries(st.sampled_from(PARTS), JSON, max_size=6)
OBJECT = st.dictionaries(st.sampled_from(sorted(FULL)), JSON | INSIDE, max_size=12)
TYPES = st.sampled_from([MessageType.CONSULTATION, MessageType.APPOINTMENT])


@given(OBJECT, st.sampled_from(SYSTEMS), TYPES)
def test_any_object_becomes_an_item_that_fits_the_schema(
    source: dict[str, Any], system: Any, message_type: MessageType
) -> None:
    found = read.parse(Path("x.json"), json.dumps(source).encode())
    items = [
        map_upsert(message_type, found, synthetic_profile(system)),
        map_deletion(message_type, found),
    ]
    (packed,) = pack(items, message_type, max_items=10, max_bytes=10**7)
    assert packed.item_count == 2


@given(st.text(alphabet="0123456789", min_size=1, max_size=40))
def test_an_id_keeps_every_digit_that_json_can_hold(digits: str) -> None:
    number = digits.lstrip("0") or "0"
    text = f'{{"konsultasjonId": {number}, "datoTid": {json.dumps(consultation()["datoTid"])}}}'
    found = read.parse(Path("x.json"), text.encode())
    item = map_upsert(MessageType.CONSULTATION, found, synthetic_profile(SYSTEMS[0]))
    assert item["consultation_id"] == number


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_read_or_refused_with_our_own_error(data: bytes) -> None:
    file = read.parse_name(Path("000001_HST_Avtale_2025-01_20250201T040000Z.json"))
    try:
        units = read.units_of(file, data)
    except ExportError:
        return
    assert isinstance(units, list)
