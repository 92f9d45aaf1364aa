"""Write the canonical text of items as sent: the input of content hashes. Pure.

The text is ``name=value`` of every field that has a value, in the order of the contract. Dates and
times are numbers; each list element follows a separator of its own. A field without value adds
nothing, so a later contract version with new fields gives old content the same text.
"""

from __future__ import annotations

from functools import cache

import polars as pl

FIELD = "\x1f"
ELEMENT = "\x1e"
_ESCAPE = "\x1b"
_MARKS = {FIELD: f"{_ESCAPE}1", ELEMENT: f"{_ESCAPE}2", _ESCAPE: f"{_ESCAPE}0"}


def canonical_texts(items: pl.DataFrame) -> pl.Series:
    """Return one text an item, without its ``operation``.

    ``items`` has the contract's columns. Two different contents never have the same text: a value
    that contains a separator is escaped. That is rare, so it is looked for afterwards and in all
    texts at once.
    """
    texts = _joined(items)
    if _marks(texts) != _expected_marks(items):
        texts = _joined(items.with_columns(_escaped(items)))
    return texts


def without_field(text: str, name: str) -> str:
    """Return a canonical text without one field."""
    before, mark, after = text.partition(f"{FIELD}{name}=")
    if not mark:
        return text
    _, next_mark, rest = after.partition(FIELD)
    return before + next_mark + rest


def _joined(items: pl.DataFrame) -> pl.Series:
    parts = []
    for name, kind in items.schema.items():
        if name == "operation" or items.get_column(name).null_count() == items.height:
            continue
        parts.append(_part(name, is_list=isinstance(kind, pl.List)))
    joined = items.select(text=pl.concat_str([pl.lit(""), *parts], ignore_nulls=True))
    return joined.get_column("text")


@cache
def _part(name: str, *, is_list: bool) -> pl.Expr:
    value = pl.col(name)
    if is_list:
        elements = pl.concat_str([pl.lit(ELEMENT), value.list.join(ELEMENT)])
        value = pl.when(value.list.len() > 0).then(elements)
    return pl.concat_str([pl.lit(f"{FIELD}{name}="), value])


def _marks(texts: pl.Series) -> int:
    pattern = f"[{FIELD}{ELEMENT}{_ESCAPE}]"
    counted = texts.to_frame("text").select(pl.col("text").str.count_matches(pattern).sum())
    marks: int = counted.item()
    return marks


def _expected_marks(items: pl.DataFrame) -> int:
    lists = [name for name, kind in items.schema.items() if isinstance(kind, pl.List)]
    in_lists = items.select(
        pl.col(name).list.len().sum() + (pl.col(name).list.len() > 0).sum() for name in lists
    )
    fields = sum(
        items.height - column.null_count()
        for column in items.iter_columns()
        if column.name not in {"operation", *lists}
    )
    return fields + (sum(int(marks) for marks in in_lists.row(0)) if lists else 0)


def _escaped(items: pl.DataFrame) -> list[pl.Expr]:
    def escape(text: pl.Expr) -> pl.Expr:
        return text.str.replace_many(_MARKS)

    return [
        pl.col(name).list.eval(escape(pl.element()))
        if isinstance(kind, pl.List)
        else escape(pl.col(name))
        for name, kind in items.schema.items()
        if kind == pl.String or isinstance(kind, pl.List)
    ]
