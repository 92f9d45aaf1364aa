"""How good are the reports? A few figures for a leader, beside those of the nation. Pure.

Shares of consultations are whole per cent without their counts, and only of large groups: counts
of the same consultations are under disclosure control elsewhere on the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from kpr_stream.analytics.report.place import COUNTRY, OWN, ReportFrames

FEWEST: Final = 100
"""A whole per cent of fewer says too much of single reports."""
DELAY: Final = "delay"
SHARES: Final = {
    "rejected": ("Avviste hendelser", "Andel av hendelsene som ble avvist. Lavere er bedre."),
    "duration_minutes": ("Varighet er utfylt", "Uten varighet kan ikke tidsbruk regnes ut."),
    "practitioner_roles": ("Rolle er utfylt", "Hvem som utførte konsultasjonen."),
    "programme_step": (
        "Konsultasjonstrinn er utfylt",
        "Konsultasjoner på et trinn der trinnet er rapportert, ikke bare regnet ut av alder.",
    ),
    "person": ("Personen er kjent", "Konsultasjoner med en id for personen."),
}
"""Name of each share, and what it means."""
DECIMALS: Final = {"rejected": 1}
"""Rejected items are seldom, and their number is on the page: a decimal is needed and harmless."""


@dataclass(frozen=True, kw_only=True)
class QualityRow:
    """One figure: its name, what it means, and the texts of the own place and of the nation."""

    name: str
    meaning: str
    own: str
    country: str


def quality(frames: ReportFrames) -> list[QualityRow]:
    """Return the figures of a page. The frames count values by place and figure."""
    shares = [
        QualityRow(
            name=name,
            meaning=meaning,
            own=_share(_values(frames, OWN, figure), DECIMALS.get(figure, 0)),
            country=_share(_values(frames, COUNTRY, figure), DECIMALS.get(figure, 0)),
        )
        for figure, (name, meaning) in SHARES.items()
    ]
    own, country = (_values(frames, place, DELAY) for place in (OWN, COUNTRY))
    return [
        *shares,
        *(
            QualityRow(
                name=f"{part} er rapportert innen",
                meaning="Dager fra konsultasjonen til rapporten kom inn.",
                own=_days(own, share),
                country=_days(country, share),
            )
            for part, share in (("Halvparten", 0.5), ("Ni av ti", 0.9))
        ),
    ]


def _values(frames: ReportFrames, place: str, figure: str) -> pl.DataFrame:
    found = frames.quality.filter(pl.col("beside") == place, pl.col("figure") == figure)
    return found.group_by("value").agg(pl.col("count").sum()).sort("value")


def _share(values: pl.DataFrame, decimals: int) -> str:
    whole = int(values.get_column("count").sum())
    if whole < FEWEST:
        return "for få"
    part = int(values.filter(pl.col("value") == 1).get_column("count").sum())
    return f"{100 * part / whole:.{decimals}f} %".replace(".", ",")


def _days(values: pl.DataFrame, share: float) -> str:
    """Return the least number of days within which a share of the reports came."""
    whole = int(values.get_column("count").sum())
    if whole < FEWEST:
        return "for få"
    within = values.filter(pl.col("count").cum_sum() >= share * whole)
    days = int(within.item(0, "value"))
    return f"{days} {'dag' if days == 1 else 'dager'}"
