"""Words and numbers of the report in Bokmål."""

from __future__ import annotations

from datetime import date

from kpr_stream.analytics.disclosure.published import Flag
from kpr_stream.analytics.report.frames import ShareTopic

MONTHS = (
    "jan.",
    "feb.",
    "mars",
    "april",
    "mai",
    "juni",
    "juli",
    "aug.",
    "sep.",
    "okt.",
    "nov.",
    "des.",
)
SERVICES = {
    "HELSESTASJON_0_5": "Helsestasjon 0–5 år",
    "SKOLEHELSETJENESTE": "Skolehelsetjeneste",
    "SVANGERSKAP_BARSEL": "Svangerskap og barsel",
    "HFU": "Helsestasjon for ungdom",
    "all": "Alle tjenester",
}
MEASURES = {
    "weight": "vekt",
    "length": "lengde",
    "height": "høyde",
    "head_circumference": "hodeomkrets",
}
INDICATORS = {
    "home_visit_by_day_20": "Hjemmebesøk innen dag 20",
    "six_weeks_by_day_55": "6 uker, innen dag 55",
    "two_years_before_3": "2 år, før 3-årsdagen",
    "four_years_before_5": "4 år, før 5-årsdagen",
}
PARTS = {
    "on_time": "i tide",
    "fully": "fullammet",
    "partly": "delvis ammet",
    "not_breastfed": "ikke ammet",
    "measured": "målt",
    "with_reason": "ikke målt, med grunn",
    "without_reason": "ikke målt, uten grunn",
}


def month_text(month: str) -> str:
    """Return 2026-03 as ``mars 2026``."""
    year, number = month.split("-")
    return f"{MONTHS[int(number) - 1]} {year}"


def day_text(day: date | None) -> str:
    """Return a day as ``3. mars 2026``; an em dash for no day."""
    return f"{day.day}. {MONTHS[day.month - 1]} {day.year}" if day else "–"


def number_text(value: int | None, flag: str) -> str:
    """Return a count with thin spaces between thousands, or its flag; 0 for a zero."""
    if value is None:
        return flag or Flag.IMPOSSIBLE.value
    return f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def share_text(share: float | None, flag: str) -> str:
    """Return a share in per cent with one decimal, or its flag."""
    if share is None:
        return flag or Flag.IMPOSSIBLE.value
    return f"{100 * share:.1f} %".replace(".", ",")


def item_text(topic: str, item: str, steps: dict[str, str]) -> str:
    """Return the name of a group. ``steps`` has the name of each step of the programme."""
    if topic == ShareTopic.BREASTFEEDING:
        return f"{int(item)} md."
    step, _, measure = item.partition(" ")
    name = INDICATORS.get(step) or steps.get(step, step)
    return f"{name}: {MEASURES.get(measure, measure)}" if measure else name
