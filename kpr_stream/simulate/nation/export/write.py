"""Write export files: a folder for each unit, or for all units of a place with a shared system."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from kpr_stream.connectors.mapping.local_codes import synthetic_profile
from kpr_stream.connectors.mapping.profile import Profile
from kpr_stream.connectors.mapping.systems import profile_of
from kpr_stream.model.words import MessageType, System
from kpr_stream.simulate.nation.days import summer_time
from kpr_stream.simulate.nation.draw import Bools, Ints
from kpr_stream.simulate.nation.export import render
from kpr_stream.simulate.nation.people.places import Place
from kpr_stream.simulate.nation.people.population import People
from kpr_stream.simulate.nation.records.history import DELETE, UPSERT, Events, ExportHistory
from kpr_stream.simulate.nation.records.lines import carries_code, codes_at, place_codes, table
from kpr_stream.simulate.nation.records.slots import TURNS_A_SLOT, Sender
from kpr_stream.simulate.nation.visits.assemble import APPOINTMENT, CONSULTATION
from kpr_stream.simulate.small.calendar import Slot
from kpr_stream.simulate.small.write import FILE_TYPE

LINES_AT_ONCE = 40_000
"""The most lines that are text at one time, which limits memory."""
SOFTWARE_VERSION = "nation-1"
_TYPES = ((CONSULTATION, MessageType.CONSULTATION), (APPOINTMENT, MessageType.APPOINTMENT))
_WORDS = {MessageType.CONSULTATION: "konsultasjon", MessageType.APPOINTMENT: "avtale"}

Parts = dict[tuple[int, int, int, bool], str]
"""Lines of one (turn, type, unit, whether upserts), joined by commas."""


@dataclass(frozen=True, slots=True)
class Series:
    """Everything that one system exports from one place."""

    place: Place
    people: People
    system: System
    sender: Sender
    history: ExportHistory


class ExportFile(NamedTuple):
    """A file: path below the folder of exports, number, and when it is sent (minutes)."""

    path: str
    number: int
    sent: int


@dataclass(frozen=True, slots=True)
class WrittenFiles:
    """Where each event was written: number of the file, index among its unit's items."""

    file_number: Ints
    index: Ints
    files: tuple[ExportFile, ...]
    size: int


def write(series: Series, out: Path) -> WrittenFiles:
    """Write the files of a series under ``out``, replacing earlier ones."""
    profile = synthetic_profile(series.system)
    units = _units_that_report(series)
    folders = _folders(series, profile, units, out)
    for folder in dict.fromkeys(folders.values()):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        sidecar = {"softwareVersion": f"{series.system}-{SOFTWARE_VERSION}"}
        (folder / "export.json").write_text(json.dumps(sidecar) + "\n", "utf-8")
    size, files = 0, []
    turns = _turns(series)
    sent = dict(zip(turns, series.sender.sent(turns).tolist(), strict=True))
    number_of = {turn: 2 * n + 1 for n, turn in enumerate(turns)}
    for chunk, events in _chunks(series, turns):
        parts = _texts(series, profile, events)
        for turn in chunk:
            for kind, message_type in _TYPES:
                reporting = [n for n in units if _reports(series, n, turn, kind, parts)]
                for folder in dict.fromkeys(folders[n] for n in reporting):
                    together = [n for n in reporting if folders[n] == folder]
                    objects = [_unit(series, n, turn, message_type, parts) for n in together]
                    path = folder / _name(series.sender, number_of[turn] + kind, message_type, turn)
                    size += path.write_bytes(f"[{','.join(objects)}]\n".encode())
                    shown = path.relative_to(out).as_posix()
                    files.append(ExportFile(shown, number_of[turn] + kind, sent[turn]))
    history = series.history
    numbers = np.array([number_of[t] for t in turns])[np.searchsorted(turns, history.events.turn)]
    kinds = history.rows["type"][history.events.key]
    return WrittenFiles(numbers + kinds, _index(history), tuple(files), size)


def _turns(series: Series) -> Ints:
    sender = series.sender
    regular = np.arange(sender.begins, sender.ends) * TURNS_A_SLOT
    again = [] if sender.again < 0 else [sender.again_turn()]
    return np.sort(np.concatenate([regular, np.array(again, dtype=np.int64)]))


def _units_that_report(series: Series) -> list[int]:
    exported = series.history.rows["unit"][series.history.events.key]
    return [int(unit) for unit in np.unique(exported)]


def _folders(series: Series, profile: Profile, units: Sequence[int], out: Path) -> dict[int, Path]:
    base = out / series.system
    if profile.many_units:
        return dict.fromkeys(units, base / series.place.name)
    return {n: base / series.place.units[n].org_nr for n in units}


def _reports(series: Series, unit: int, turn: int, kind: int, parts: Parts) -> bool:
    """Return whether a unit reports: always while it exists, later only if it has lines."""
    merged = series.place.parts[series.place.units[unit].part].merged
    day = series.sender.slots.first[turn // TURNS_A_SLOT]
    regular = turn % TURNS_A_SLOT == 0
    there = regular and (merged is None or day < merged)
    return bool(there) or any((turn, kind, unit, upserts) in parts for upserts in (True, False))


def _unit(series: Series, unit: int, turn: int, message_type: MessageType, parts: Parts) -> str:
    profile, kind = (
        profile_of(series.system),
        1 if message_type is MessageType.APPOINTMENT else 0,
    )
    sender, word = series.sender, _WORDS[message_type]
    day = sender.slots.first[sender.periods(np.array([turn]))]
    at = codes_at(series.place, np.array([unit]), day)[0]
    code, district = place_codes(series.place)[at]
    org_nr = series.place.units[unit].org_nr
    if not profile.ids_as_numbers:
        org_nr, code = f'"{org_nr}"', f'"{code}"'
    else:
        code = str(int(code))
    shown = "null" if district is None else f'"{district}"'
    deleted = parts.get((turn, kind, unit, False), "")
    upserts = parts.get((turn, kind, unit, True), "")
    return (
        f'{{"orgNr":{org_nr},"kommuneNr":{code},"bydelNr":{shown},'
        f'"slett{word.capitalize()}":[{deleted}],"{word}":[{upserts}]}}'
    )


def _name(sender: Sender, number: int, message_type: MessageType, turn: int) -> str:
    which = np.array([turn])
    period = int(sender.periods(which)[0])
    first, last = (
        date.fromordinal(int(day[period]) + date(1970, 1, 1).toordinal())
        for day in (sender.slots.first, sender.slots.last)
    )
    whole = Slot(first, last)
    text = first.isoformat()
    if first != last:
        month = first.day == 1 and (last.month != (whole.extracted_at.date()).month)
        text = f"{first:%Y-%m}" if month else f"{first}--{last}"
    minutes = int(sender.extracted(which)[0])
    taken = np.datetime64(minutes, "m").astype("datetime64[s]").item()
    return f"{number:06}_{FILE_TYPE[message_type]}_{text}_{taken:%Y%m%dT%H%M%SZ}.json"


def _chunks(series: Series, turns: Ints) -> Iterator[tuple[list[int], Events]]:
    """Yield groups of turns with up to ``LINES_AT_ONCE`` lines, and their events."""
    events = series.history.events
    starts = np.searchsorted(events.turn, turns, side="left")
    ends = np.searchsorted(events.turn, turns, side="right")
    at = 0
    while at < len(turns):
        upto = at + 1
        while upto < len(turns) and ends[upto] - starts[at] <= LINES_AT_ONCE:
            upto += 1
        within = slice(int(starts[at]), int(ends[upto - 1]))
        yield (
            turns[at:upto].tolist(),
            Events(
                events.key[within],
                events.row[within],
                events.operation[within],
                events.turn[within],
            ),
        )
        at = upto


def _texts(series: Series, profile: Profile, events: Events) -> Parts:
    """Return the JSON of the lines of some turns, joined by turn, type, unit and list."""
    rows, place = series.history.rows, series.place
    kinds = rows["type"][events.key]
    found: Parts = {}
    for kind, message_type in _TYPES:
        upsert = (events.operation == UPSERT) & (kinds == kind)
        if kind == CONSULTATION:
            text = render.consultations(profile, place_codes(place))
        else:
            text = render.appointments(profile)
        found |= _joined(series, events, upsert, kind, text, upserts=True)
        key = f"{_WORDS[message_type]}Id"
        listed = (events.operation != UPSERT) & (kinds == kind)
        found |= _joined(
            series, events, listed, kind, render.deletions(key, profile), upserts=False
        )
    return found


def _joined(
    series: Series, events: Events, which: Bools, kind: int, text: pl.Expr, *, upserts: bool
) -> Parts:
    rows, sender = series.history.rows, series.sender
    row, turn = events.row[which], events.turn[which]
    if not len(row):
        return {}
    period_day = sender.slots.first[sender.periods(turn)]
    offset = np.where(summer_time(rows["day"][row]), 120, 60)
    lines = table(series.place, series.people, rows, row, series.system).with_columns(
        pl.Series("turn", turn),
        pl.Series("carries", carries_code(series.place, rows, row, period_day)),
        pl.Series("offset", offset),
        pl.Series("confirmed", events.operation[which] == DELETE),
    )
    joined = (
        lines.select("turn", "unit", text=text)
        .group_by("turn", "unit", maintain_order=True)
        .agg(pl.col("text").str.join(","))
    )
    return {(turn, kind, unit, upserts): text for turn, unit, text in joined.iter_rows()}


def _index(history: ExportHistory) -> Ints:
    """Return the index of every event among its unit's items in its file, deletions first."""
    events, rows = history.events, history.rows
    unit, kind = rows["unit"][events.key], rows["type"][events.key]
    group = (events.turn * 2 + kind) * 64 + unit
    order = np.lexsort((np.arange(len(events)), events.operation == UPSERT, group))
    _, first, count = np.unique(group[order], return_index=True, return_counts=True)
    found = np.zeros(len(events), dtype=np.int64)
    found[order] = np.arange(len(order)) - np.repeat(first, count)
    return found
