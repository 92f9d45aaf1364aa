"""The text the content hash is made from."""

from __future__ import annotations

from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.processor.frame.canonical_text import canonical_texts

SCHEMA: dict[str, Any] = {
    "operation": pl.String,
    "a": pl.String,
    "b": pl.String,
    "n": pl.Int32,
    "roles": pl.List(pl.String),
    "unreadable": pl.List(pl.String),
}
_TEXT = st.text(alphabet="a=b\x1b\x1e\x1f12", max_size=4)
_LIST = st.lists(_TEXT, max_size=3)
_ITEM = st.tuples(
    st.none() | _TEXT, st.none() | _TEXT, st.none() | st.integers(-5, 5), _LIST, _LIST
)


def _texts(*items: tuple[Any, ...]) -> list[str]:
    frame = pl.DataFrame([("x", *i) for i in items], schema=SCHEMA, orient="row")
    return canonical_texts(frame).to_list()


def test_golden() -> None:
    assert _texts(("v", None, -3, ["p", "q"], [])) == ["\x1fa=v\x1fn=-3\x1froles=\x1ep\x1eq"]
    assert _texts((None, None, None, [], [])) == [""]


def test_the_operation_is_left_out() -> None:
    frame = pl.DataFrame({"operation": ["upsert", "delete"], "a": ["v", "v"]})
    assert len(set(canonical_texts(frame))) == 1


def test_later_fields_without_value_change_nothing() -> None:
    old = pl.DataFrame({"operation": ["upsert"], "a": ["v"]})
    new = old.with_columns(z=pl.lit(None, pl.Int32), more=pl.Series([[]], dtype=pl.List(pl.String)))
    assert canonical_texts(old).equals(canonical_texts(new))


@given(_ITEM, _ITEM)
def test_different_content_has_different_text(one: tuple[Any, ...], other: tuple[Any, ...]) -> None:
    first, second = _texts(one, other)
    assert (first == second) == (one == other)


@given(_ITEM, _ITEM)
def test_the_text_does_not_depend_on_the_rest_of_the_frame(
    one: tuple[Any, ...], other: tuple[Any, ...]
) -> None:
    assert _texts(one, other) == [*_texts(one), *_texts(other)]
