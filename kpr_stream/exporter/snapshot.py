"""Gather one round into what Prometheus gets: whole, at one time, without stale series. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from kpr_stream.audit.books import Books, Fault
from kpr_stream.exporter.quarantine import OpenItems
from kpr_stream.exporter.states import ExactTotals
from kpr_stream.exporter.units import ReportingUnit
from kpr_stream.model.words import SYSTEMS, System


@dataclass(frozen=True, slots=True)
class Place:
    """A municipality as labels name it."""

    name: str
    county: str
    county_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksNow:
    """The books of all systems at the last round."""

    imbalance: Mapping[tuple[System, Fault], int]
    compared: Mapping[System, int]


def books_now(books: Books) -> BooksNow:
    """Return the books with every system and fault, also while it is 0."""
    return BooksNow(
        imbalance={(s, f): books.imbalance[s, f] for s in SYSTEMS for f in Fault},
        compared={s: books.compared[s] for s in SYSTEMS},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What one round has found."""

    read_at: float
    units: list[ReportingUnit] = field(default_factory=list)
    left_out: int = 0
    rejected: Counter[tuple[str, str]] = field(default_factory=Counter)
    totals: ExactTotals = field(default_factory=ExactTotals)
    stopped_releases: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """System and software version to the time since when it is stopped."""
    admitted_releases: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """System and software version to the time when its admission ends."""
    releases: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    """Items by system, software version and outcome, since the exporter started."""
    unprocessed: Mapping[System, int] = field(default_factory=dict)
    """Deliveries on the topics that no worker has committed."""
    open_items: Mapping[System, OpenItems] = field(default_factory=dict)
    books: BooksNow
