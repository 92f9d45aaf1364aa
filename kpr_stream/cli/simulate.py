"""``kpr-stream simulate``: synthetic exports of the four systems, with the truth beside them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

_JSON = typer.Option("--json", help="Print the expected counts as JSON.")
_OUT = typer.Argument(help="A new or empty folder.")
_DAY = ["%Y-%m-%d"]


class ExportForm(StrEnum):
    """The form of simulated exports."""

    HST = "hst"
    FHIR = "fhir"


def build_simulate_cli() -> typer.Typer:
    """Build the group of commands."""
    cli = typer.Typer(no_args_is_help=True, help="Generate synthetic exports and their truth.")
    cli.command()(small)
    cli.command()(nation)
    return cli


def small(
    out: Annotated[Path, _OUT],
    consultations: Annotated[
        int,
        typer.Option(min=1, max=5_000_000, help="Distinct visits, resent ones not counted."),
    ] = 20_000,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 1,
    municipalities: Annotated[int, typer.Option(min=1, help="How many, on the four systems.")] = 6,
    form: Annotated[
        ExportForm,
        typer.Option("--format", help="fhir: where a system writes FHIR."),
    ] = ExportForm.HST,
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Write the small data set of the demo, one and a half years.

    Example: kpr-stream simulate small exports --consultations 20000 --seed 1
    """
    from kpr_stream.cli.report import answers, print_json
    from kpr_stream.simulate.small import generate

    fhir = form is ExportForm.FHIR
    expected = generate.simulate(generate.Plan(consultations, seed, municipalities, fhir), out)
    if as_json:
        print_json(expected)
        return
    for system, counts in expected["systems"].items():
        outcomes = ", ".join(f"{n} {outcome}" for outcome, n in counts["outcomes"].items() if n)
        items = counts["items_sent"]
        answers.print(f"{system}: {items} items to send ({outcomes})", highlight=False)
    answers.print(f"Exports and truth are in {out}.", highlight=False)


def nation(
    out: Annotated[Path, _OUT],
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Same seed, same bytes.")] = 1,
    share: Annotated[
        float,
        typer.Option(min=0.0001, max=1, help="Share of all children, by municipality."),
    ] = 1.0,
    municipality: Annotated[
        list[str] | None,
        typer.Option(help="Only this one (code of 2024); may be repeated."),
    ] = None,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=_DAY, help="First day; default 2017-01-01.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=_DAY, help="Last day; default 2025-12-31.")
    ] = None,
    daily_from: Annotated[
        datetime | None,
        typer.Option(formats=_DAY, help="First day of daily exports."),
    ] = None,
    no_change_of_epj: Annotated[
        bool, typer.Option("--no-change-of-epj", help="Every unit keeps its EPJ system.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Resume an interrupted run.")] = False,
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Write the synthetic nation: exports of 2017-2025 and their truth.

    The truth is the expected result, as Parquet. Needs the extra `simulate`. The
    whole nation is about 30 million items and 14 GB.

    Example: kpr-stream simulate nation exports --share 0.01
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from kpr_stream.cli.report import answers, console, print_json
    from kpr_stream.simulate.nation.generate import Plan, generate

    usual = Plan()
    plan = Plan(
        seed=seed,
        share=share,
        first=_day(first, usual.first),
        last=_day(last, usual.last),
        daily_from=_day(daily_from, usual.daily_from),
        municipalities=tuple(municipality or ()),
        change_of_epj=not no_change_of_epj,
    )
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console) as bars:
        bar = bars.add_task("places", total=None)

        def report(done: int, of: int, items: int) -> None:
            bars.update(bar, completed=done, total=of, description=f"places, {items:,} items")

        expected = generate(plan, out, resume=resume, report=report)
    if as_json:
        print_json(expected)
        return
    for system, counts in expected["systems"].items():
        answers.print(f"{system}: {counts['items_sent']:,} items to send", highlight=False)
    answers.print(
        f"Exports and truth are in {out}; docs/vendor/nation.md describes the files.",
        highlight=False,
    )


def _day(given: datetime | None, usual: date) -> date:
    return usual if given is None else given.date()
