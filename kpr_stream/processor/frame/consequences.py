"""Leave out the findings that follow from another finding. Pure.

A finding is left out of an item where a value that it follows from is itself reported: the value
cannot be read, the item is rejected for it, or the value is set aside. A finding that rejects an
item or sets a value aside is left out only for its own field, and only if the value is gone for
another reason: no value that is impossible stays because of this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from kpr_stream.model.limits import MAX_UNREADABLE_NAMES
from kpr_stream.model.words import Severity
from kpr_stream.rules.reads import fields_read
from kpr_stream.rules.rule import Rule

Broken = Sequence[tuple[Rule, pl.Series]]
"""Rules in the order of the catalogue, each with True in the rows that break it."""
Unreadable = Mapping[int, Sequence[str]]
"""The fields that could not be read, by row."""


def without_consequences(
    broken: Broken, items: pl.DataFrame, unreadable: Unreadable, *, id_field: str
) -> list[tuple[Rule, pl.Series]]:
    """Return the findings to report, in the same order.

    ``unreadable`` is that of ``unreadable_fields``; empty if no item names such a field.
    ``id_field`` is the field of the items' own id.
    """
    causes = _null_fields(items, unreadable)
    reported: dict[str, pl.Series] = {}
    for rule, column in sorted(broken, key=_causes_first):
        if rule.about_unreadable and rule.field != "unreadable":
            left = column
        elif rule.severity is Severity.WARN:
            left = _without(column, causes, fields_read(rule, id_field))
        else:
            left = _without(column, causes, (rule.field,))
        if rule.severity is not Severity.WARN:
            before = causes.get(rule.field)
            causes[rule.field] = left if before is None else before | left
        reported[rule.id] = left
    return [
        (rule, _of_no_rule_of_its_own(reported, broken, items, unreadable))
        if rule.field == "unreadable" and rule.about_unreadable
        else (rule, reported[rule.id])
        for rule, _ in broken
    ]


def unreadable_fields(items: pl.DataFrame) -> dict[int, list[str]]:
    """Return the contract fields that each item names as unreadable; rows without any left out.

    Only names of contract fields, and only of the first ones: any other text of the sender stays
    here.
    """
    fields = {name for name in items.columns if not name.startswith("_")}
    names = items.get_column("unreadable")
    rows = (names.list.len() > 0).arg_true().to_list()
    lists = names.gather(rows).list.head(MAX_UNREADABLE_NAMES).to_list()
    return {
        row: [name for name in dict.fromkeys(listed) if name in fields]
        for row, listed in zip(rows, lists, strict=True)
    }


def _causes_first(found: tuple[Rule, pl.Series]) -> int:
    order = (Severity.REJECT, Severity.SET_ASIDE, Severity.WARN)
    return order.index(found[0].severity)


def _null_fields(items: pl.DataFrame, unreadable: Unreadable) -> dict[str, pl.Series]:
    """Return the rows in which a field is null because it could not be read, by field.

    A value that is there is judged, whatever the sender says. A deletion whose flag cannot be read
    is reported as not confirmed.
    """
    rows_of: dict[str, list[int]] = {}
    for row, names in unreadable.items():
        for name in names:
            rows_of.setdefault(name, []).append(row)
    rows_of.pop("operation", None)
    return {
        name: pl.Series([False]).new_from_index(0, items.height).scatter(rows, values=True)
        & (items.get_column(name).is_null() if name in items.columns else True)
        for name, rows in rows_of.items()
    }


def _without(
    column: pl.Series, causes: Mapping[str, pl.Series], fields: Sequence[str] | frozenset[str]
) -> pl.Series:
    for field in fields:
        if field in causes:
            column &= ~causes[field]
    return column


def _of_no_rule_of_its_own(
    reported: Mapping[str, pl.Series],
    broken: Broken,
    items: pl.DataFrame,
    unreadable: Unreadable,
) -> pl.Series:
    """Return the rows with an unreadable field that no rule of its own reports."""
    own = {
        (row, rule.field)
        for rule, _ in broken
        if rule.about_unreadable and rule.field != "unreadable"
        for row in reported[rule.id].arg_true().to_list()
    }
    general = next(
        rule for rule, _ in broken if rule.field == "unreadable" and rule.about_unreadable
    )
    rows = [
        row
        for row in reported[general.id].arg_true().to_list()
        if not (names := unreadable.get(row)) or any((row, name) not in own for name in names)
    ]
    return pl.Series([False]).new_from_index(0, items.height).scatter(rows, values=True)
