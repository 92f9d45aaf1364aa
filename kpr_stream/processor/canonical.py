"""The canonical text of what was sent, from which the keyed content hash is made.

``name=value`` of every field that has a value, in the order of the contract, dates and times as
numbers, list elements each behind a separator of their own. A field without value leaves nothing
behind, so that a later contract version with new fields gives old content the same text.
"""

from __future__ import annotations

import polars as pl

FIELD = "\x1f"
ELEMENT = "\x1e"
_ESCAPE = "\x1b"
_MARKS = {FIELD: f"{_ESCAPE}1", ELEMENT: f"{_ESCAPE}2", _ESCAPE: f"{_ESCAPE}0"}


def canonical_texts(items: pl.DataFrame) -> list[str]:
    """One text an item. ``items`` has the contract's columns; ``operation`` is left out.

    No two different contents have the same text: a value that holds a separator is escaped,
    which is rare enough to be looked for afterwards, in all texts at once.
    """
    texts, expected = _joined(items)
    marks = texts.to_frame("text").select(
        pl.col("text").str.count_matches(f"[{FIELD}{ELEMENT}{_ESCAPE}]").sum()
    )
    if marks.item() != expected:
        texts, _ = _joined(items.with_columns(_escaped(items)))
    return texts.to_list()


def _joined(items: pl.DataFrame) -> tuple[pl.Series, int]:
    parts = []
    marks = 0
    for name, kind in items.schema.items():
        column = items.get_column(name)
        if name == "operation" or column.null_count() == len(column):
            continue
        value = pl.col(name)
        if isinstance(kind, pl.List):
            elements = column.explode(empty_as_null=False, keep_nulls=False)
            if elements.is_empty():
                continue
            marks += len(elements) + int((column.list.len() > 0).sum())
            value = pl.when(value.list.len() > 0).then(
                pl.concat_str([pl.lit(ELEMENT), value.list.join(ELEMENT)])
            )
        else:
            marks += len(column) - column.null_count()
        parts.append(pl.concat_str([pl.lit(f"{FIELD}{name}="), value]))
    if not parts:
        return pl.Series([""] * items.height, dtype=pl.String), 0
    joined = items.select(text=pl.concat_str(parts, ignore_nulls=True))
    return joined.get_column("text"), marks


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
