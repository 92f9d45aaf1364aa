"""The frames that a report is made from: counts of all municipalities, and states of units.

Each schema has one row a combination of its text columns. Municipality codes are those of today.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, Protocol

import polars as pl

MUNICIPALITIES: Final = pl.Schema(
    {"code": pl.String, "name": pl.String, "county_code": pl.String, "county_name": pl.String}
)
UNITS: Final = pl.Schema(
    {
        "org_nr": pl.String(),
        "system": pl.String(),
        "municipality_code": pl.String(),
        "district_code": pl.String(),
        "covered_months": pl.List(pl.String()),
        "last_delivery": pl.Date(),
        "blocked_since": pl.Date(),
        "blocked_reason": pl.String(),
    }
)
"""Units and systems. ``covered_months`` are months (2026-03) that processed deliveries touch."""
REJECTED: Final = pl.Schema(
    {
        "org_nr": pl.String,
        "system": pl.String,
        "rule": pl.String,
        "items": pl.Int64,
        "since": pl.Date,
    }
)
"""Rejected items that wait for a correction, by rule. ``since``: the oldest of them."""
CONTACTS: Final = pl.Schema(
    {
        "municipality_code": pl.String,
        "month": pl.String,
        "service": pl.String,
        "count": pl.Int64,
    }
)
"""Attended consultations by service and month (2026-03), without health stations for youth."""
YOUTH: Final = pl.Schema({"municipality_code": pl.String, "quarter": pl.String, "count": pl.Int64})
"""Attended consultations of health stations for youth, by quarter (2026-1): never by month."""
SHARES: Final = pl.Schema(
    {
        "topic": pl.String,
        "item": pl.String,
        "municipality_code": pl.String,
        "part": pl.String,
        "count": pl.Int64,
    }
)
"""Groups divided into parts: ``topic`` and ``item`` name the group, ``part`` those in it."""
QUALITY: Final = pl.Schema(
    {
        "municipality_code": pl.String,
        "figure": pl.String,
        "value": pl.Int64,
        "count": pl.Int64,
    }
)
"""Items and consultations by what they show of the quality: 1 or 0 of a share, days of a delay."""


SCHEMAS: Final = {
    "municipalities": MUNICIPALITIES,
    "units": UNITS,
    "rejected": REJECTED,
    "contacts": CONTACTS,
    "youth": YOUTH,
    "shares": SHARES,
    "quality": QUALITY,
}
"""Every frame by its name."""


class ShareTopic(StrEnum):
    """What a share is about."""

    FOLLOW_UP = "follow_up"
    BREASTFEEDING = "breastfeeding"
    MEASURING = "measuring"


PARTS_OF: Final = {
    ShareTopic.FOLLOW_UP: ("on_time", "not_on_time"),
    ShareTopic.BREASTFEEDING: ("fully", "partly", "not_breastfed"),
    ShareTopic.MEASURING: ("measured", "with_reason", "without_reason"),
}
"""The parts of a group; the first is what the report shows the share of."""


@dataclass(frozen=True, kw_only=True)
class NationFrames:
    """Everything that the reports of one day are made from. ``made_on`` is that day."""

    made_on: date
    municipalities: pl.DataFrame
    units: pl.DataFrame
    rejected: pl.DataFrame
    contacts: pl.DataFrame
    youth: pl.DataFrame
    shares: pl.DataFrame
    quality: pl.DataFrame

    def __post_init__(self) -> None:
        for name, schema in SCHEMAS.items():
            found = getattr(self, name).schema
            if found != schema:
                raise ValueError(f"Frame {name} has columns {found}, not {schema}.")


class ReportData(Protocol):
    """Where reports get their frames from."""

    def read(self) -> NationFrames:
        """Return the frames of today."""
        ...
