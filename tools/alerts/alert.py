"""What an alert and a recorded expression are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """Who has to look, and when. Only a risk of loss or of silence is a page."""

    PAGE = "page"
    """Somebody now: data may be lost, or something is silent and nobody would notice."""
    TICKET = "ticket"
    """Somebody within a working day. Nothing is lost meanwhile."""
    INFO = "info"
    """Nobody is called. It explains other alerts, or it shows that alerts arrive."""


class Group(StrEnum):
    """What an alert watches: one group of rules each."""

    UNITS = "units"
    RELEASES = "releases"
    RECEIVER = "receiver"
    SINKS = "sinks"
    PROJECTOR = "projector"
    PLATFORM = "platform"
    SLO = "slo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert. Times are written as in ``durations``."""

    name: str
    group: Group
    severity: Severity
    expression: str
    lasts: str = "0s"
    """How long the expression must hold before the alert fires."""
    summary: str
    """One line: what is wrong, and where."""
    description: str
    """What it means, and the first thing to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An expression that is stored under a name, for alerts and panels."""

    name: str
    group: Group
    expression: str
    labels: tuple[tuple[str, str], ...] = ()
