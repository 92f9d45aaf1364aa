"""Reading a micro-batch at once, and being sure of it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpr_stream.processor.frame.decode import Unreadable, read_items
from kpr_stream.processor.frame.shortest_encoding import BYTE_SUM_MODULUS, shortest_encoding
from kpr_stream.rules.rule import NOT_DECODED
from kpr_stream.schemas.catalogue import schema
from kpr_stream.schemas.zigzag import zigzag
from tests.support.deliveries import consultation, opened
from tests.support.examples import examples

CONTRACT = schema("consultation_item")
GOOD = opened([consultation(), consultation(1)])
BLOCK = GOOD.blocks[0][1]
AT_ID = 7  # behind the operation: a length byte and «upsert»; then the union's branch


@pytest.fixture(autouse=True, scope="module", params=["measured", "rewritten"])
def _way(request: pytest.FixtureRequest) -> Iterator[None]:
    """Both ways of making sure, whatever the size of the frame."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "measured":
            patch.setattr("kpr_stream.processor.frame.decode.REWRITTEN_UP_TO", 0)
        yield


def _with_block(block: bytes, count: int = 2) -> tuple[list[str], list[Unreadable | None]]:
    odd = replace(GOOD, blocks=((count, block),))
    frame, failed = read_items([GOOD, odd, GOOD], CONTRACT)
    return frame.get_column("consultation_id").to_list(), failed


def _put(at: int, *bytes_: int) -> bytes:
    return BLOCK[:at] + bytes(bytes_) + BLOCK[at + 1 :]


def _as_long(name: str, value: int) -> bytes:
    """The same items with a number too long for its field."""
    wide = fastavro.parse_schema(json.loads(CONTRACT.text.replace('"int"', '"long"')))
    out = io.BytesIO()
    for n in range(2):
        item = consultation(n, birth_date=None, **{name: value})
        fastavro.schemaless_writer(out, wide, item)
    return out.getvalue()


def test_items_of_many_deliveries_in_order() -> None:
    ids, failed = _with_block(BLOCK)
    assert failed == [None, None, None]
    assert ids == ["k-0", "k-1"] * 3


@pytest.mark.parametrize(
    "block",
    [
        lambda: BLOCK + b"\x00",
        lambda: BLOCK[:-1],
        lambda: b"",
        lambda: _put(AT_ID, 0x32),  # a branch that the union does not have
        lambda: _put(AT_ID, 0x01),  # branch -1
        lambda: _put(AT_ID + 1, 0x07),  # a negative length
        lambda: _put(AT_ID + 1, 0xFE, 0xFF, 0x7F),  # a text longer than the block
    ],
)
def test_what_does_not_fit_is_found_and_the_others_go_on(block: Callable[[], bytes]) -> None:
    ids, failed = _with_block(block())
    assert (failed[0], failed[2]) == (None, None)
    assert isinstance(failed[1], Unreadable)
    assert ids == ["k-0", "k-1"] * 2


@pytest.mark.parametrize(
    ("block", "field", "rows"),
    [
        (lambda: _put(AT_ID + 2, 0xFF), "consultation_id", [0]),
        (lambda: _put(1, 0xFF), "operation", [0]),
        (lambda: _as_long("weight_g", 2**31 + 5), "weight_g", [0, 1]),
        (lambda: _as_long("weight_g", 2**40 + 5), "weight_g", [0, 1]),
        (lambda: _as_long("start_offset_minutes", -(2**31) - 1), "start_offset_minutes", [0, 1]),
    ],
)
def test_a_value_of_one_item_that_does_not_fit_costs_that_item(
    block: Callable[[], bytes], field: str, rows: list[int]
) -> None:
    odd = replace(GOOD, blocks=((2, block()),))
    frame, failed = read_items([GOOD, odd, GOOD], CONTRACT)
    assert failed == [None, None, None]
    unreadable = frame.get_column("unreadable").to_list()
    assert unreadable == [[NOT_DECODED, field] if at - 2 in rows else [] for at in range(6)]
    empty = "" if field == "operation" else None
    assert [frame.get_column(field)[2 + row] for row in rows] == [empty] * len(rows)


_TEXTS = [
    *(f["name"] for f in json.loads(CONTRACT.text)["fields"] if "string" in f["type"]),
    "practitioner_roles",
    "unreadable",
]


@settings(max_examples=examples(60))
@given(
    texts=st.lists(st.text("abcæøå1", min_size=1, max_size=70), min_size=1, max_size=6),
    field=st.sampled_from(_TEXTS),
    data=st.data(),
)
def test_bytes_that_are_no_text_cost_the_one_item_that_holds_them(
    texts: list[str], field: str, data: st.DataObject
) -> None:
    many = field in {"practitioner_roles", "unreadable"}
    items = [consultation(n, **{field: [t, "b"] if many else t}) for n, t in enumerate(texts)]
    raw = [_as_bytes(item) for item in items]
    row = data.draw(st.integers(0, len(items) - 1))
    text = texts[row].encode()
    at = data.draw(st.integers(0, len(text) - 1))
    broken = text[:at] + bytes([data.draw(st.integers(0x80, 0xFF))]) + text[at + 1 :]
    raw[row] = raw[row].replace(zigzag(len(text)) + text, zigzag(len(text)) + broken, 1)
    frame, failed = read_items([replace(GOOD, blocks=((len(raw), b"".join(raw)),))], CONTRACT)
    assert failed == [None]
    told = [NOT_DECODED in names for names in frame.get_column("unreadable").to_list()]
    assert told == [n == row and not _is_text(broken) for n in range(len(items))]
    others = [n for n in range(len(items)) if n != row]
    found = frame.get_column(field).to_list()
    assert [found[n] for n in others] == [items[n][field] for n in others]


def _as_bytes(item: dict[str, object]) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, CONTRACT.parsed, item)
    return out.getvalue()


def _is_text(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def test_a_wrong_count_is_found() -> None:
    for count in (1, 3):
        failed = _with_block(BLOCK, count)[1]
        assert [one is None for one in failed] == [True, False, True]


def test_long_forms_are_read_all_the_same() -> None:
    # The branch of the union as two bytes where one would do: allowed, though nobody writes it.
    assert _with_block(_put(AT_ID, 0x82, 0x00))[0] == ["k-0", "k-1"] * 3


def test_numbers_at_the_edge_of_their_type_are_read() -> None:
    edge = opened([consultation(weight_g=2**31 - 1), consultation(weight_g=-(2**31))])
    frame, failed = read_items([edge], CONTRACT)
    assert failed == [None]
    assert frame.get_column("weight_g").to_list() == [2**31 - 1, -(2**31)]


def test_dates_no_calendar_holds_are_numbers_here() -> None:
    raw = fastavro.parse_schema(json.loads(CONTRACT.text.replace("logicalType", "was")))
    out = io.BytesIO()
    item = consultation(start=2**62, birth_date=2**31 - 1)
    fastavro.schemaless_writer(out, raw, item)
    frame, failed = read_items([replace(GOOD, blocks=((1, out.getvalue()),))], CONTRACT)
    assert failed == [None]
    assert frame.row(0, named=True)["start"] == 2**62


_TEXT = st.none() | st.text(max_size=10) | st.integers(60, 9000).map(lambda n: "x" * n)
_INT = st.none() | st.integers(-(2**27) + 1, 2**27 - 1)


@settings(max_examples=examples(60))
@given(
    st.lists(
        st.builds(
            consultation,
            service=_TEXT,
            weight_g=_INT,
            grade=_INT,
            start=st.none() | st.integers(-(2**63), 2**63 - 1),
            practitioner_roles=st.lists(st.text(max_size=3), max_size=70),
        ),
        max_size=3,
    )
)
def test_the_measure_is_what_was_written(items: list[dict[str, object]]) -> None:
    out = io.BytesIO()
    for item in items:
        fastavro.schemaless_writer(out, CONTRACT.parsed, item)
    block = out.getvalue()
    frame, failed = read_items([replace(GOOD, blocks=((len(items), block),))], CONTRACT)
    assert failed == [None]
    encoding = shortest_encoding(frame)
    assert encoding is not None
    assert encoding.length == len(block)
    assert (encoding.byte_sum - sum(block)) % BYTE_SUM_MODULUS == 0
