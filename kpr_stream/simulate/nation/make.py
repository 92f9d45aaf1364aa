"""Make one place: its people, visits, exports, and the answers of a perfect receiver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from kpr_stream.model.words import System
from kpr_stream.simulate.nation.draw import Draw, Ints, Purpose, stream
from kpr_stream.simulate.nation.export.write import Series
from kpr_stream.simulate.nation.people.places import Place
from kpr_stream.simulate.nation.people.population import People, people_of
from kpr_stream.simulate.nation.people.residents import load_residents
from kpr_stream.simulate.nation.records.change_of_epj import (
    Rows,
    changes,
    divide_rows,
    senders,
    system_alone,
)
from kpr_stream.simulate.nation.records.faults import Fault, with_faults
from kpr_stream.simulate.nation.records.history import UPSERT, ExportHistory, make_history
from kpr_stream.simulate.nation.records.lines import carries_code, national_number, table
from kpr_stream.simulate.nation.records.slots import Sender, Slots, make_sender
from kpr_stream.simulate.nation.truth.receive import Received, receive
from kpr_stream.simulate.nation.truth.supersede import NOTHING, supersede_older
from kpr_stream.simulate.nation.visits.assemble import APPOINTMENT, assemble

_CODES = 64
"""More than the codes of any place. A line's content is its row and the code it carries."""


@dataclass(frozen=True, slots=True)
class MadePlace:
    """A place's exports, one series for each system, and a perfect receiver's answers."""

    place: Place
    people: People
    series: tuple[Series, ...]
    received: tuple[Received, ...]


def make(place: Place, slots: Slots, seed: int) -> MadePlace:
    """Make everything of a place."""
    people = people_of(place, load_residents(), seed)
    clean = assemble(place, people, seed)
    rows = Rows(clean, with_faults(clean, people, stream(seed, place.number, Purpose.FAULTS)))
    draw = stream(seed, place.number, Purpose.HISTORY)
    if place.next_system is None or not changes(place, slots):
        sender = make_sender(slots, 0, 0, len(slots), draw)
        alone = _series(
            place, people, system_alone(place, slots), sender=sender, rows=rows, draw=draw
        )
        return MadePlace(place, people, (alone,), (_received(alone),))
    newer_draw = stream(seed, place.number, Purpose.CHANGE_OF_EPJ)
    older_sender, newer_sender = senders(place, slots, draw, newer_draw)
    older_rows, newer_rows = divide_rows(rows, people, place, newer_draw)
    older = _series(place, people, place.system, sender=older_sender, rows=older_rows, draw=draw)
    newer = _series(
        place, people, place.next_system, sender=newer_sender, rows=newer_rows, draw=newer_draw
    )
    answers = _received(newer)
    naturals, newer_naturals = natural_keys([older, newer])
    older_answers = supersede_older(
        _received(older), naturals, _sent(older), answers, newer_naturals
    )
    return MadePlace(place, people, (older, newer), (older_answers, answers))


def natural_keys(series: Sequence[Series]) -> list[Ints]:
    """Return a number for each event of each series, equal for events of one consultation.

    One consultation has one person (by a national id), unit and minute. NOTHING if one is unknown.
    """
    events = pl.concat(
        table(one.place, one.people, one.history.rows, one.history.events.row, one.system)
        .select("unit", "day", "minute", number=national_number(), type="type", only="date_only")
        .with_columns(pl.lit(n).alias("series"))
        for n, one in enumerate(series)
    )
    usable = (
        pl.col("number").is_not_null() & (pl.col("type") != APPOINTMENT) & (pl.col("only") == 0)
    )
    numbered = events.with_columns(
        natural=pl.when(usable)
        .then(pl.struct("unit", "number", "day", "minute").rank("dense").cast(pl.Int64))
        .otherwise(NOTHING)
    )
    return [
        numbered.filter(pl.col("series") == n)["natural"].to_numpy() for n in range(len(series))
    ]


def _series(
    place: Place, people: People, system: System, *, sender: Sender, rows: Rows, draw: Draw
) -> Series:
    return Series(
        place, people, system, sender, make_history(rows.clean, rows.faulty, people, sender, draw)
    )


def _sent(series: Series) -> Ints:
    return series.sender.sent(series.history.events.turn)


def _received(series: Series) -> Received:
    history, sender = series.history, series.sender
    events, fault = history.events, history.rows["fault"][history.events.row]
    no_start = (events.operation == UPSERT) & (fault == Fault.NO_START)
    return receive(
        events,
        _content(series, history, sender),
        sender.extracted(events.turn),
        _sent(series),
        rejected=(fault == Fault.NO_ID) | no_start,
        keys=len(history.story),
    )


def _content(series: Series, history: ExportHistory, sender: Sender) -> Ints:
    period_day = sender.slots.first[sender.periods(history.events.turn)]
    code = carries_code(series.place, history.rows, history.events.row, period_day)
    return np.asarray(history.events.row * _CODES + code + 1)
