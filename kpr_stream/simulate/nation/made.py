"""One place, made whole: who lives there, what happened, what was told of it, what came of that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kpr_stream.simulate.nation.assemble import happenings
from kpr_stream.simulate.nation.draw import Ints, Purpose, stream
from kpr_stream.simulate.nation.faults import Fault, with_faults
from kpr_stream.simulate.nation.history import UPSERT, Told, history
from kpr_stream.simulate.nation.lines import carries_code
from kpr_stream.simulate.nation.people import People, people_of
from kpr_stream.simulate.nation.places import Place
from kpr_stream.simulate.nation.receive import Received, receive
from kpr_stream.simulate.nation.residents import load_residents
from kpr_stream.simulate.nation.slots import Sender, Slots, make_sender
from kpr_stream.simulate.nation.write import Series

_CODES = 64
"""More than the codes of any place: a line's content is its row and the code it carries."""


@dataclass(frozen=True, slots=True)
class Made:
    """A place's exports, one series a system, and how a perfect receiver answers each."""

    place: Place
    people: People
    series: tuple[Series, ...]
    received: tuple[Received, ...]


def make(place: Place, slots: Slots, seed: int) -> Made:
    """Everything of a place."""
    people = people_of(place, load_residents(), seed)
    clean = happenings(place, people, seed)
    faulty = with_faults(clean, people, stream(seed, place.number, Purpose.FAULTS))
    draw = stream(seed, place.number, Purpose.HISTORY)
    sender = make_sender(slots, 0, 0, len(slots), draw)
    series = Series(
        place, people, place.system, sender, history(clean, faulty, people, sender, draw)
    )
    return Made(place, people, (series,), (_received(series),))


def _received(series: Series) -> Received:
    told, sender = series.told, series.sender
    events, fault = told.events, told.rows["fault"][told.events.row]
    no_start = (events.operation == UPSERT) & (fault == Fault.NO_START)
    return receive(
        events,
        _content(series, told, sender),
        sender.extracted(events.turn),
        (fault == Fault.NO_ID) | no_start,
        len(told.story),
    )


def _content(series: Series, told: Told, sender: Sender) -> Ints:
    period_day = sender.slots.first[sender.periods(told.events.turn)]
    code = carries_code(series.place, told.rows, told.events.row, period_day)
    return np.asarray(told.events.row * _CODES + code + 1)
