"""Judge items by the rules of their type, and set impossible values aside. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import polars as pl
from polars import col

from kpr_stream.model.words import Operation, Severity
from kpr_stream.processor.frame.consequences import unreadable_fields, without_consequences
from kpr_stream.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class Judged:
    """Items without their impossible values, and the findings, by row."""

    items: pl.DataFrame
    findings: list[tuple[str, ...]]
    """Rule ids, in the order of the catalogue."""
    warnings: list[tuple[str, ...]]
    """The findings that only warn."""
    set_aside: list[tuple[str, ...]]
    """Names of the fields whose value was removed."""
    rejected: frozenset[int]


def validate(items: pl.DataFrame, rules: Sequence[Rule], *, id_field: str) -> Judged:
    """Return the judged items. ``items`` has the contract's columns and the facts.

    ``id_field`` is the field of the items' own id.

    What follows from a value that is rejected, set aside or unreadable is not reported: one cause,
    one finding.
    """
    broken = _broken(items, rules)
    aside = _set_aside(broken)
    found, warnings, set_aside = (defaultdict[int, list[str]](list) for _ in range(3))
    rejected: set[int] = set()
    unreadable = unreadable_fields(items) if _names_unreadable(broken) else {}
    for rule, column in without_consequences(broken, items, unreadable, id_field=id_field):
        rows = column.arg_true().to_list()
        for row in rows:
            found[row].append(rule.id)
        if rule.severity is Severity.REJECT:
            rejected.update(rows)
        elif rule.severity is Severity.WARN:
            for row in rows:
                warnings[row].append(rule.id)
        elif rule.field == "unreadable":
            for row in rows:
                set_aside[row].extend(unreadable.get(row, ()))
        else:
            for row in rows:
                set_aside[row].append(rule.field)
    taken_out = [_without(items, field, column) for field, column in aside.items()]
    return Judged(
        items=items.with_columns(taken_out) if taken_out else items,
        findings=_by_row(found, items.height),
        warnings=_by_row(warnings, items.height),
        set_aside=_by_row(set_aside, items.height),
        rejected=frozenset(rejected),
    )


def _names_unreadable(broken: Sequence[tuple[Rule, pl.Series]]) -> bool:
    return any(rule.about_unreadable for rule, _ in broken)


def _by_row(found: Mapping[int, list[str]], height: int) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [()] * height
    for row, names in found.items():
        rows[row] = tuple(dict.fromkeys(names))
    return rows


def _set_aside(broken: Iterable[tuple[Rule, pl.Series]]) -> dict[str, pl.Series]:
    """Return the rows whose value is removed, by field."""
    aside: dict[str, pl.Series] = {}
    for rule, column in broken:
        if rule.severity is Severity.SET_ASIDE and rule.field != "unreadable":
            before = aside.get(rule.field)
            aside[rule.field] = column if before is None else before | column
    return aside


def _broken(items: pl.DataFrame, rules: Sequence[Rule]) -> list[tuple[Rule, pl.Series]]:
    """Return the rules that some item breaks, in order, with True in those rows.

    Two kinds of rules are not evaluated: those about a field that no item has, and those that
    follow from a rule that no item breaks. Most frames break few rules, and a small frame costs
    by the number of its expressions.
    """
    filled = {column.name for column in items.iter_columns() if column.null_count() < items.height}
    watched = [rule for rule in rules if (rule.watches or rule.field) in filled]
    broken = _evaluate(items, [rule for rule in watched if not rule.only_after])
    broken |= _evaluate(items, [rule for rule in watched if rule.only_after in broken])
    return [(rule, broken[rule.id]) for rule in rules if rule.id in broken]


def _evaluate(items: pl.DataFrame, rules: Sequence[Rule]) -> dict[str, pl.Series]:
    checks = items.select(_named_check(rule) for rule in rules)
    broken = {}
    for rule, fine in zip(rules, checks.iter_columns(), strict=True):
        if fine.all():
            continue
        column = ~fine.fill_null(value=True)
        if rule.upserts_only:
            column &= items.get_column("operation") == Operation.UPSERT.value
        if rule.services:
            column &= items.get_column("service").is_in(rule.services).fill_null(value=False)
        if column.any():
            broken[rule.id] = column
    return broken


@cache
def _named_check(rule: Rule) -> pl.Expr:
    return rule.check.alias(rule.id)


def _without(items: pl.DataFrame, field: str, broken: pl.Series) -> pl.Expr:
    nothing: list[str] | None = [] if isinstance(items.schema[field], pl.List) else None
    return pl.when(~broken).then(col(field)).otherwise(nothing).alias(field)
