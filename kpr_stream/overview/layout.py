"""Draw the facts for a terminal of 80 columns or more. Pure.

The most important comes first, since a window may be too low for all of it. What senders have
written is shown without control characters: a terminal would obey them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from rich.console import Group
from rich.table import Table
from rich.text import Text

from kpr_stream.model.printable import printable
from kpr_stream.model.utc_time import utc_time
from kpr_stream.overview.facts import Overview, ProcessFacts, SystemFacts
from kpr_stream.overview.troubles import RUNBOOKS, Trouble

MOST_TROUBLES: Final = 12
MOST_MUNICIPALITIES: Final = 10
MOST_UNITS: Final = 10
_AGES: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
NOTHING: Final = "-"
UNKNOWN_AGE: Final = "?"


def draw(facts: Overview) -> Group:
    """Return what is shown: what is wrong, then systems, workers, sinks and so on to units."""
    parts: list[Text | Table] = [_headline(facts), *_troubles(facts)]
    if facts.processes:
        parts += [Text(), _systems(facts), Text(), _workers(facts), Text(), _sinks(facts)]
        parts += [Text(), _projector(facts)]
    if facts.municipalities:
        parts += [Text(), _municipalities(facts)]
    if facts.units:
        parts += [Text(), _units(facts)]
    return Group(*parts)


def age(seconds: float | None) -> str:
    """Return a time that has passed in its largest unit: `45 s`, `12 min`, `3 h`, `2 d`."""
    if seconds is None:
        return NOTHING
    for size, unit in _AGES:
        if seconds >= 2 * size or size == 1:
            return f"{seconds / size:.0f} {unit}"
    raise AssertionError("one second is the smallest unit")


def _headline(facts: Overview) -> Text:
    at = utc_time(datetime.fromtimestamp(facts.at, UTC))
    running = sum(one.answers for one in facts.processes)
    line = Text(f"KPR Stream  {at}  {running} of {len(facts.processes)} processes answer")
    if facts.probe_answered_s is not None:
        line.append(f"  probe {age(facts.probe_answered_s)} ago")
    return line


def _troubles(facts: Overview) -> Iterable[Text | Table]:
    if not facts.processes:
        yield Text("No process is listed here. Start one, or name one with --target.")
        return
    if not facts.troubles:
        yield Text("Nothing is wrong.", style="green")
        return
    yield Text(f"Wrong now: {len(facts.troubles)}. What to do: {RUNBOOKS}/NAME.md")
    table = _table(("NAME", ""), ("what", ""), ("for", "right"))
    for one in facts.troubles[:MOST_TROUBLES]:
        style = _style(one)
        table.add_row(
            Text(one.alert.value, style=style),
            Text(printable(one.what), style=style),
            Text(age(one.since_s), style=style),
        )
    yield table
    if len(facts.troubles) > MOST_TROUBLES:
        yield Text(f"and {len(facts.troubles) - MOST_TROUBLES} more: see --once --json")


def _style(one: Trouble) -> str:
    return "bold red" if one.urgent else "yellow"


def _waits(one: SystemFacts) -> str:
    return UNKNOWN_AGE if one.oldest_waiting_s is None else age(one.oldest_waiting_s)


def _systems(facts: Overview) -> Table:
    table = _table(
        ("system", ""),
        *((name, "right") for name in ("units", "silent", "blocked", "deliv/s", "items/s")),
        *((name, "right") for name in ("waits", "rejected", "quarant.")),
        gap=1,
    )
    for one in facts.systems:
        table.add_row(
            one.system,
            str(one.units),
            _bad(one.silent),
            _bad(one.blocked),
            _rate(one.deliveries_per_s),
            _rate(one.items_per_s),
            _waits(one),
            NOTHING if one.rejected_share is None else f"{one.rejected_share:.1%}",
            str(one.quarantined),
        )
    return table


def _workers(facts: Overview) -> Table:
    table = _table(
        ("worker", ""),
        ("lanes", ""),
        *((name, "right") for name in ("waiting", "commits/s", "aborts/s")),
    )
    for one in facts.workers:
        table.add_row(
            printable(one.name),
            " ".join(map(str, one.lanes)) or NOTHING,
            str(one.waiting),
            _rate(one.commits_per_s),
            _bad_rate(one.aborts_per_s),
        )
    if facts.unowned_lanes:
        lanes = Text(" ".join(map(str, facts.unowned_lanes)), style="bold red")
        table.add_row(Text("nobody", style="bold red"), lanes, "", "", "")
    return table


def _sinks(facts: Overview) -> Table:
    table = _table(
        ("sink", ""),
        *((name, "right") for name in ("behind", "oldest", "last commit", "rows/s")),
    )
    for one in facts.sinks:
        table.add_row(
            one.sink,
            str(one.lag),
            age(one.oldest_unapplied_s),
            age(one.last_commit_s),
            _rate(one.rows_per_s),
        )
    if not facts.sinks:
        table.add_row(Text("no sink answers", style="yellow"), *[NOTHING] * 4)
    return table


def _projector(facts: Overview) -> Table:
    table = _table(
        ("for analysts", ""),
        *((name, "right") for name in ("behind", "oldest", "last commit", "records/s", "held")),
    )
    one = facts.projector
    if one is None:
        table.add_row(Text("no projector answers", style="yellow"), *[NOTHING] * 5)
    else:
        table.add_row(
            "projector",
            str(one.lag),
            age(one.oldest_waiting_s),
            age(one.last_commit_s),
            _rate(one.records_per_s),
            str(one.held),
        )
    return table


def _municipalities(facts: Overview) -> Table:
    table = _table(
        ("municipality", ""),
        *((name, "right") for name in ("units", "silent", "blocked", "newest", "longest silence")),
    )
    for one in facts.municipalities[:MOST_MUNICIPALITIES]:
        table.add_row(
            printable(f"{one.code} {one.name}"),
            str(one.units),
            _bad(one.silent),
            _bad(one.blocked),
            age(one.newest_delivery_s),
            "never heard" if one.oldest_delivery_s is None else age(one.oldest_delivery_s),
        )
    return _cut(table, facts.municipalities, MOST_MUNICIPALITIES)


def _units(facts: Overview) -> Table:
    table = _table(("unit", ""), ("system", ""), ("municipality", ""), ("trouble", ""))
    for one in facts.units[:MOST_UNITS]:
        found = []
        if one.blocked_s is not None:
            found.append(f"{one.blocked_reason} for {age(one.blocked_s)}")
        if one.overdue_s is not None:
            what = "never heard" if one.never_reported else "silent"
            found.append(f"{what}, due {age(one.overdue_s)} ago")
        table.add_row(
            one.org_nr, one.system, printable(one.municipality), printable("; ".join(found))
        )
    return _cut(table, facts.units, MOST_UNITS)


def _table(*columns: tuple[str, str], gap: int = 2) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, gap, 0, 0))
    for title, justify in columns:
        table.add_column(title, justify="right" if justify else "left", overflow="ellipsis")
    return table


def _cut(table: Table, all_of: Sequence[object], most: int) -> Table:
    more = len(all_of) - most
    if more > 0:
        table.add_row(f"and {more} more", *[""] * (len(table.columns) - 1))
    return table


def _rate(value: float | None) -> str:
    if value is None:
        return NOTHING
    return f"{value:.0f}" if value >= 10 or value == 0 else f"{value:.1f}"


def _bad(number: int) -> Text:
    return Text(str(number), style="yellow" if number else "")


def _bad_rate(value: float | None) -> Text:
    return Text(_rate(value), style="yellow" if value else "")


def lines(facts: Overview) -> list[str]:
    """Return the facts as lines that a script can search: processes, lag, what is wrong."""
    found = [f"{one.process} {one.name} at {one.address}: {_state(one)}" for one in facts.processes]
    found += [f"{one.name} serves lanes {list(one.lanes)}" for one in facts.workers]
    found += [
        f"{one.system}: {one.unprocessed} deliveries wait, the oldest {_waits(one)}"
        for one in facts.systems
        if one.unprocessed is not None
    ]
    found += [
        f"{one.sink} sink: {one.lag} records behind, oldest {age(one.oldest_unapplied_s)}"
        for one in facts.sinks
    ]
    if facts.projector is not None:
        oldest = age(facts.projector.oldest_waiting_s)
        found.append(f"projector: {facts.projector.lag} records behind, oldest {oldest}")
    found += [f"wrong: {one.alert}: {one.what} → {one.runbook}" for one in facts.troubles]
    return [printable(one) for one in found]


def _state(one: ProcessFacts) -> str:
    if not one.answers:
        return f"does not answer ({one.why_not})"
    return "ready" if one.ready else "not ready, see /readyz"
