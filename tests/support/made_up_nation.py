"""A made-up nation: the municipalities of today, and counts that follow from a seed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import polars as pl

from kpr_stream.analytics.report.frames import (
    CONTACTS,
    MUNICIPALITIES,
    PARTS_OF,
    QUALITY,
    REJECTED,
    SHARES,
    UNITS,
    YOUTH,
    NationFrames,
    ShareTopic,
)
from kpr_stream.model.coverage import month_names, months_before
from kpr_stream.model.words import SYSTEMS

SERVICES = {"HELSESTASJON_0_5": 1.2, "SKOLEHELSETJENESTE": 0.7, "SVANGERSKAP_BARSEL": 0.25}
"""Contacts a month for each child born in a year, by service."""
FOLLOW_UP = {
    "HJEMMEBESOK": 0.89,
    "UKE_4": 0.93,
    "UKE_6": 0.985,
    "MND_3": 0.97,
    "MND_5": 0.96,
    "MND_12": 0.95,
    "AR_2": 0.93,
    "AR_4": 0.92,
    "SKOLESTART": 0.9,
}
MEASURES = {"UKE_6 weight": 0.97, "MND_3 weight": 0.95, "MND_12 weight": 0.94, "AR_2 weight": 0.9}
GOOD = {
    "rejected": 0.004,
    "duration_minutes": 0.83,
    "practitioner_roles": 0.99,
    "programme_step": 0.76,
    "person": 0.98,
}
"""Shares of what shows the quality of reports."""
FULLY = (0.86, 0.8, 0.72, 0.62, 0.48, 0.3, 0.16, 0.05, 0.02, 0.01, 0.0, 0.0, 0.0)
"""Share of children fully breastfed at each completed month of age."""
ANY = (0.96, 0.93, 0.9, 0.87, 0.84, 0.81, 0.78, 0.74, 0.7, 0.64, 0.58, 0.52, 0.47)


class MadeUpNation:
    """Made-up frames of a day. ``births`` has the yearly births of each municipality's code."""

    def __init__(
        self, municipalities: pl.DataFrame, births: Mapping[str, int], made_on: date, seed: int = 1
    ) -> None:
        self._municipalities = municipalities.select(MUNICIPALITIES.names()).sort("code")
        self._births = {code: births.get(code, 0) for code in self._municipalities["code"]}
        self._made_on = made_on
        self._rng = np.random.default_rng(seed)

    def read(self) -> NationFrames:
        """Return the frames; the same for the same seed."""
        units = self._units()
        return NationFrames(
            made_on=self._made_on,
            municipalities=self._municipalities,
            units=units,
            rejected=self._rejected(units),
            contacts=self._contacts(),
            youth=self._youth(),
            shares=self._shares(),
            quality=self._quality(),
        )

    def _units(self) -> pl.DataFrame:
        rows = []
        months = month_names(months_before(self._made_on))
        for number, (code, births) in enumerate(self._births.items()):
            for unit in range(1 + births // 900):
                missing = self._rng.random() < 0.5
                first = int(self._rng.integers(0, len(months) - 6)) if missing else 0
                covered = [month for month in months[first:] if self._rng.random() > 0.03 * missing]
                blocked = self._made_on - timedelta(days=9) if self._rng.random() < 0.08 else None
                rows.append(
                    (
                        f"9{number:05}{unit:03}",
                        str(SYSTEMS[number % len(SYSTEMS)]),
                        code,
                        None,
                        covered,
                        self._made_on - timedelta(days=int(self._rng.integers(1, 12))),
                        blocked,
                        "DIGEST_MISMATCH" if blocked else None,
                    )
                )
        return pl.DataFrame(rows, schema=UNITS, orient="row")

    def _rejected(self, units: pl.DataFrame) -> pl.DataFrame:
        rules = ("CONSULTATION_ID_MISSING", "START_MISSING", "OPERATION_UNKNOWN")
        rows = [
            (org_nr, system, rule, int(self._rng.integers(1, 60)), self._made_on - timedelta(days))
            for org_nr, system in units.select("org_nr", "system").iter_rows()
            for rule, days in zip(rules, (40, 12, 3), strict=True)
            if self._rng.random() < 0.3
        ]
        return pl.DataFrame(rows, schema=REJECTED, orient="row")

    def _contacts(self) -> pl.DataFrame:
        months = month_names(months_before(self._made_on))[-12:]
        rows = [
            (code, month, service, int(self._rng.poisson(births * each * _season(month))))
            for code, births in self._births.items()
            for month in months
            for service, each in SERVICES.items()
        ]
        return pl.DataFrame(rows, schema=CONTACTS, orient="row")

    def _youth(self) -> pl.DataFrame:
        year = self._made_on.year - 1
        rows = [
            (code, f"{year}-{quarter}", int(self._rng.poisson(births * 0.4)))
            for code, births in self._births.items()
            for quarter in range(1, 5)
        ]
        return pl.DataFrame(rows, schema=YOUTH, orient="row")

    def _shares(self) -> pl.DataFrame:
        rows: list[tuple[str, str, str, str, int]] = []
        for code, births in self._births.items():
            better = float(self._rng.normal(0, 0.02))
            for step, share in FOLLOW_UP.items():
                self._divide(
                    (ShareTopic.FOLLOW_UP, step, code), births, {"on_time": share + better}, rows
                )
            for month, (fully, some) in enumerate(zip(FULLY, ANY, strict=True)):
                asked = births * 7 // 10
                parts = {"fully": fully, "partly": some - fully}
                self._divide((ShareTopic.BREASTFEEDING, f"{month:02}", code), asked, parts, rows)
            for item, share in MEASURES.items():
                parts = {"measured": share + better, "with_reason": (1 - share) / 3}
                self._divide((ShareTopic.MEASURING, item, code), births, parts, rows)
        return pl.DataFrame(rows, schema=SHARES, orient="row")

    def _quality(self) -> pl.DataFrame:
        rows: list[tuple[str, str, int, int]] = []
        for code, births in self._births.items():
            for figure, share in GOOD.items():
                part = int(self._rng.binomial(20 * births, share))
                rows += [(code, figure, 1, part), (code, figure, 0, 20 * births - part)]
            rows += [(code, "delay", day, births * (9 - day) // 2) for day in range(1, 9)]
        return pl.DataFrame(rows, schema=QUALITY, orient="row")

    def _divide(
        self,
        group: tuple[ShareTopic, str, str],
        mean: int,
        chances: Mapping[str, float],
        rows: list[tuple[str, str, str, str, int]],
    ) -> None:
        topic, item, code = group
        size = int(self._rng.poisson(mean))
        wanted = np.clip(np.array([*chances.values()]), 0, 1)
        wanted = wanted / max(1.0, float(wanted.sum()))
        drawn = self._rng.multinomial(size, [*wanted, max(0.0, 1 - float(wanted.sum()))])
        for part, count in zip((*chances, PARTS_OF[topic][-1]), drawn, strict=True):
            rows.append((str(topic), item, code, part, int(count)))


def _season(month: str) -> float:
    return 0.45 if month.endswith("-07") else 1.0
