"""The report as one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import polars as pl
from jinja2 import Environment, FunctionLoader, StrictUndefined, Template

from kpr_stream.analytics.disclosure.published import LEGEND
from kpr_stream.analytics.report.corrections import corrections
from kpr_stream.analytics.report.coverage import coverage
from kpr_stream.analytics.report.figures import dots, has_numbers, lines
from kpr_stream.analytics.report.frames import PARTS_OF, ShareTopic
from kpr_stream.analytics.report.place import COUNTRY, COUNTY, OWN, ReportFrames
from kpr_stream.analytics.report.quality import quality
from kpr_stream.analytics.report.release import ALL_SERVICES, YEAR
from kpr_stream.analytics.report.texts import (
    PARTS,
    SERVICES,
    day_text,
    item_text,
    month_text,
    number_text,
    share_text,
)
from kpr_stream.reference import Reference

GAPS = "Der figuren ikke har noe punkt, er tallet skjult eller ikke rapportert."
PLACES = (OWN, COUNTY, COUNTRY)


@dataclass(frozen=True)
class ReportTable:
    """A table of texts. Rows begin with their name."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class ReportSection:
    """One topic: a plot, and tables with the same numbers and more."""

    name: str
    title: str
    text: str
    plot: str
    tables: Sequence[ReportTable]


def report_page(frames: ReportFrames, reference: Reference) -> str:
    """Return the page: HTML with its style and plots inside, and nothing that must be fetched."""
    units = coverage(frames)
    return _template("page.html.j2").render(
        style=_text("style.css"),
        frames=frames,
        made_on=day_text(frames.made_on),
        units=units,
        units_complete=sum(not unit.months_missing for unit in units),
        blocked=[unit for unit in units if unit.blocked],
        corrections=corrections(frames, reference),
        quality=quality(frames) if len(units) else [],
        sections=_sections(frames, reference),
        legend=[(flag.value, bokmaal) for flag, (bokmaal, _) in LEGEND.items()],
    )


def index_page(pages: Sequence[tuple[str, str, str]], made_on: str) -> str:
    """Return a page that lists pages: file name, title and county of each."""
    return _template("index.html.j2").render(
        style=_text("style.css"), pages=sorted(pages, key=lambda one: one[1]), made_on=made_on
    )


def _sections(frames: ReportFrames, reference: Reference) -> list[ReportSection]:
    steps = dict(reference.programme.select("code", "name_no").iter_rows())
    return [
        _activity(frames),
        _shares(
            frames,
            ShareTopic.FOLLOW_UP,
            steps,
            title="Følges barna opp som programmet sier?",
            text="Andel av barna som er sett minst én gang, som har hatt konsultasjonen i tide. "
            "Måneder uten rapportering og barn som ennå kan komme i tide, er ikke med.",
        ),
        _shares(
            frames,
            ShareTopic.BREASTFEEDING,
            steps,
            title="Hvor mange barn fullammes?",
            text="Andel fullammet av barna som det er spurt om, etter fylte måneder. "
            "De som har reservert seg, er ikke med.",
        ),
        _shares(
            frames,
            ShareTopic.MEASURING,
            steps,
            title="Blir barna veid og målt?",
            text="Andel veid av konsultasjonene der programmet sier at barnet skal veies. "
            "Vekt står for alle mål. De som har reservert seg, er ikke med.",
        ),
    ]


def _activity(frames: ReportFrames) -> ReportSection:
    totals = frames.contacts.filter(pl.col("service") == ALL_SERVICES, pl.col("month") != YEAR)
    months = sorted(totals.get_column("month").unique())
    own = {
        row["month"]: row for row in totals.filter(pl.col("beside") == OWN).iter_rows(named=True)
    }
    values = [own[month]["value"] if month in own else None for month in months]
    title = f"Gjennomførte konsultasjoner i {frames.figures_of} etter måned"
    series = {frames.figures_of: values}
    names = [month_text(month)[:3] for month in months]
    plot = lines(title, names, series, [0], unit="Konsultasjoner") if has_numbers(series) else ""
    years = frames.contacts.filter(pl.col("month") == YEAR)
    youth = frames.youth.filter(pl.col("quarter") == YEAR).with_columns(service=pl.lit("HFU"))
    rows = []
    for service, name in SERVICES.items():
        of = youth if service == "HFU" else years.filter(pl.col("service") == service)
        cells = {row["beside"]: number_text(row["value"], row["flag"]) for row in of.to_dicts()}
        if cells:
            label = f"{name}{' (siste fire kvartaler)' if service == 'HFU' else ''}"
            label += " (uten helsestasjon for ungdom)" if service == ALL_SERVICES else ""
            rows.append([label, *(cells[key] for key, _ in frames.columns)])
    by_month = [
        [month_text(month), number_text(own[month]["value"], own[month]["flag"])]
        for month in months
        if month in own
    ]
    places = [name for _, name in frames.columns]
    return ReportSection(
        name="activity",
        title="Hvor mange konsultasjoner er gjennomført?",
        text="Konsultasjoner med oppmøte de siste tolv månedene. Helsestasjon for ungdom vises "
        "aldri etter måned." + (" " + GAPS if None in values else ""),
        plot=plot,
        tables=[
            ReportTable("De siste tolv månedene etter tjeneste", ["Tjeneste", *places], rows),
            ReportTable(
                f"Etter måned: de samme tallene som i figuren, {frames.figures_of}",
                ["Måned", "Konsultasjoner"],
                by_month,
            ),
        ],
    )


def _shares(
    frames: ReportFrames, topic: ShareTopic, steps: dict[str, str], *, title: str, text: str
) -> ReportSection:
    part = PARTS_OF[topic][0]
    shown = frames.shares.filter(pl.col("topic") == topic.value, pl.col("part") == part)
    items = list(shown.get_column("item").unique(maintain_order=True))
    cells = {(row["item"], row["beside"]): row for row in shown.iter_rows(named=True)}
    names = [item_text(topic, item, steps) for item in items]
    series = {
        name: [cells[item, key]["share"] if (item, key) in cells else None for item in items]
        for key, name in frames.columns
    }
    described = f"{title} Andel {PARTS[part]} i prosent"
    colours = [PLACES.index(key) for key, _ in frames.columns]
    if not has_numbers(series):
        plot = ""
    elif topic is ShareTopic.BREASTFEEDING:
        ages = [str(int(item)) for item in items]
        plot = lines(described, ages, series, colours, along="Fylte måneder")
    else:
        plot = dots(described, names, series, colours)
    rows = []
    for item, name in zip(items, names, strict=True):
        row = [name]
        for key, _ in frames.columns:
            cell = cells[item, key]
            share = share_text(cell["share"], cell["flag"])
            of = number_text(cell["denominator"], cell["flag"])
            row.append(f"{share} av {of}" if cell["share"] is not None else share)
        rows.append(row)
    return ReportSection(
        name=topic.value,
        title=title,
        text=f"{text} {GAPS}" if any(None in values for values in series.values()) else text,
        plot=plot,
        tables=[
            ReportTable(
                "De samme tallene som i figuren: andel, og av hvor mange",
                ["Alder" if topic is ShareTopic.BREASTFEEDING else "Konsultasjon"]
                + [name for _, name in frames.columns],
                rows,
            )
        ],
    )


@cache
def _text(name: str) -> str:
    return (files("kpr_stream.analytics.report") / name).read_text("utf-8")


@cache
def _environment() -> Environment:
    return Environment(
        autoescape=True,
        loader=FunctionLoader(_text),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _template(name: str) -> Template:
    return _environment().get_template(name)
