"""Find the current municipality and district of an old code, change by change.

A record keeps its code. The current code depends on today, so it is a table for joins. A divided
municipality has several current codes: a note on the borders (``kommune_borders.csv``) decides
some, a record's district or unit may decide others, and the rest is marked as undecided, never
guessed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import polars as pl

BY_CODE, BY_CHANGE, BY_BORDER, UNDECIDED = "code", "change", "border", "undecided"
"""How the current code was found: it is unchanged, the changes lead to one code, a border note
selects one, or there are several."""
UNKNOWN_DISTRICT = "99"
"""Last digits of an unknown district, used in health data but not in KLASS."""


def reached(changes: Mapping[str, Sequence[str]], code: str) -> tuple[str, ...]:
    """Return the codes that a code has become after all changes, sorted; itself without any."""
    waiting, found, seen = [code], set(), set()
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        followers = changes.get(one, ())
        waiting.extend(followers)
        if not followers:
            found.add(one)
    return tuple(sorted(found))


def current_municipalities(
    municipalities: pl.DataFrame,
    changes: pl.DataFrame,
    borders: pl.DataFrame,
    other_areas: pl.DataFrame,
) -> pl.DataFrame:
    """Return ``code, current_code, found_by``: a row for each possible current code of a code.

    If a code has several rows, all are ``undecided``. Areas outside the municipalities (Svalbard)
    are their own current code.
    """
    became = _followers(changes)
    decided = dict(borders.select("code", "current_code").iter_rows())
    rows: list[tuple[str, str, str]] = []
    for code in municipalities.get_column("code").to_list():
        currents = reached(became, code)
        if currents == (code,):
            rows.append((code, code, BY_CODE))
        elif len(currents) == 1:
            rows.append((code, currents[0], BY_CHANGE))
        elif decided.get(code) in currents:
            rows.append((code, decided[code], BY_BORDER))
        else:
            rows.extend((code, current, UNDECIDED) for current in currents)
    rows.extend((code, code, BY_CODE) for code in other_areas.get_column("code").to_list())
    names = ("code", "current_code", "found_by")
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def all_districts(districts: pl.DataFrame) -> pl.DataFrame:
    """Return the districts, and an unknown district for each municipality that has districts.

    The Boolean column ``unknown`` is added to those of ``bydeler.csv``.
    """
    unknown = districts.group_by("municipality_code", maintain_order=True).agg(
        pl.col("valid_from").min(), pl.col("valid_to").max()
    )
    named = unknown.select(
        (pl.col("municipality_code") + UNKNOWN_DISTRICT).alias("code"),
        pl.lit("Uoppgitt bydel").alias("name"),
        "municipality_code",
        "valid_from",
        "valid_to",
    )
    return pl.concat(
        [
            districts.select(named.columns).with_columns(unknown=pl.lit(value=False)),
            named.with_columns(unknown=pl.lit(value=True)),
        ]
    )


def current_districts(districts: pl.DataFrame, current: pl.DataFrame) -> pl.DataFrame:
    """Return ``code, current_code, current_municipality_code``, one row for each district.

    When a city got another code, the last two digits kept their meaning (Bergen 1201 to 4601,
    Trondheim 1601 to 5001: the same names in the same order).
    """
    one = current.filter(pl.col("found_by") != UNDECIDED).select("code", "current_code")
    joined = districts.join(
        one.rename({"code": "municipality_code", "current_code": "current_municipality_code"}),
        on="municipality_code",
        how="left",
        maintain_order="left",
    )
    moved = pl.col("current_municipality_code") + pl.col("code").str.slice(4)
    known = districts.get_column("code").to_list()
    return joined.select(
        "code",
        pl.when(moved.is_in(known)).then(moved).alias("current_code"),
        "current_municipality_code",
    )


def problems(municipalities: pl.DataFrame, changes: pl.DataFrame) -> list[str]:
    """Describe what prevents codes from being carried forward."""
    found = []
    spans = {
        code: (start, end)
        for code, start, end in municipalities.select("code", "valid_from", "valid_to").iter_rows()
    }
    days = changes.with_columns(pl.col("change_date").str.to_date().cast(pl.Int32))
    became = _followers(changes)
    for old, new, day in days.select("old_code", "new_code", "change_date").iter_rows():
        if old not in spans or new not in spans:
            continue
        if spans[old][1] != day:
            found.append(f"kommune_changes.csv: {old} changes on a day on which it does not end")
        if not spans[new][0] <= day < spans[new][1]:
            found.append(f"kommune_changes.csv: {old} becomes {new}, not valid on that day")
    first = days.get_column("change_date").min()
    newest = max(end for _, end in spans.values())
    for code, (_, end) in spans.items():
        if isinstance(first, int) and first <= end < newest and code not in became:
            found.append(f"kommuner.csv: {code} has ended and has no successor")
    lost = (
        code
        for code in spans
        if any(spans.get(one, (0, newest))[1] != newest for one in reached(became, code))
    )
    return found + [
        f"kommune_changes.csv: {code} does not reach a code still valid" for code in lost
    ]


def _followers(changes: pl.DataFrame) -> dict[str, list[str]]:
    became: dict[str, list[str]] = defaultdict(list)
    for old, new in changes.select("old_code", "new_code").iter_rows():
        became[old].append(new)
    return dict(became)
