"""Validate: judge every item by every rule of its message type, and set impossible values aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import polars as pl
from polars import col

from kpr_stream.model.words import Operation, Severity
from kpr_stream.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class Judged:
    """Items without their impossible values, and what was found, by row."""

    items: pl.DataFrame
    findings: list[tuple[str, ...]]
    """Rule ids, in the order of the catalogue."""
    warnings: list[tuple[str, ...]]
    """The findings that only warn."""
    set_aside: list[tuple[str, ...]]
    """Names of the fields whose value was taken out."""
    rejected: frozenset[int]


def validate(items: pl.DataFrame, rules: Sequence[Rule]) -> Judged:
    """Judge the items. ``items`` has the contract's columns and the facts."""
    found: list[list[str]] = [[] for _ in range(items.height)]
    warnings: list[list[str]] = [[] for _ in range(items.height)]
    set_aside: list[list[str]] = [[] for _ in range(items.height)]
    rejected: set[int] = set()
    taken_out: list[pl.Expr] = []
    for rule, column in _broken(items, rules):
        rows = column.arg_true().to_list()
        for row in rows:
            found[row].append(rule.id)
        if rule.severity is Severity.REJECT:
            rejected.update(rows)
        elif rule.severity is Severity.WARN:
            for row in rows:
                warnings[row].append(rule.id)
        elif rule.field == "unreadable":
            _name_unreadable(items, rows, set_aside)
        else:
            for row in rows:
                set_aside[row].append(rule.field)
            taken_out.append(_without(items, rule.field, column))
    return Judged(
        items=items.with_columns(taken_out) if taken_out else items,
        findings=[tuple(ids) for ids in found],
        warnings=[tuple(ids) for ids in warnings],
        set_aside=[tuple(dict.fromkeys(names)) for names in set_aside],
        rejected=frozenset(rejected),
    )


def _broken(items: pl.DataFrame, rules: Sequence[Rule]) -> list[tuple[Rule, pl.Series]]:
    """The rules that some item breaks, with True where it does, in the order of the rules.

    Rules about what no item has, and those that follow from one nobody broke, are not evaluated:
    most frames break few rules, and a small frame's cost is the number of its expressions.
    """
    watched = [
        rule
        for rule in rules
        if items.get_column(rule.watches or rule.field).null_count() < items.height
    ]
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
        if column.any():
            broken[rule.id] = column
    return broken


@cache
def _named_check(rule: Rule) -> pl.Expr:
    return rule.check.alias(rule.id)


def _without(items: pl.DataFrame, field: str, broken: pl.Series) -> pl.Expr:
    nothing: list[str] | None = [] if isinstance(items.schema[field], pl.List) else None
    return pl.when(~broken).then(col(field)).otherwise(nothing).alias(field)


def _name_unreadable(items: pl.DataFrame, rows: list[int], set_aside: list[list[str]]) -> None:
    # Only names of our fields: whatever else a sender puts there is not passed on.
    fields = set(items.columns)
    lists = items.get_column("unreadable").gather(rows).to_list()
    for row, names in zip(rows, lists, strict=True):
        known = [n for n in dict.fromkeys(names) if n in fields and not n.startswith("_")]
        set_aside[row].extend(known)
