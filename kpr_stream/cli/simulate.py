"""``kpr-stream simulate``: synthetic exports of the four systems, with the truth beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def simulate(
    out: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    consultations: Annotated[
        int, typer.Option(min=1, max=5_000_000, help="Distinct visits; resends come on top.")
    ] = 20_000,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 1,
    municipalities: Annotated[
        int, typer.Option(min=1, help="How many municipalities, spread on the four systems.")
    ] = 6,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the expected counts as JSON.")
    ] = False,
) -> None:
    """Write synthetic EPJ exports and what a perfect receiver makes of them.

    Example: kpr-stream simulate exports --consultations 20000 --seed 1
    """
    from kpr_stream.cli.report import console, print_json
    from kpr_stream.simulate import generate

    expected = generate.simulate(generate.Plan(consultations, seed, municipalities), out)
    if as_json:
        print_json(expected)
        return
    for system, counts in expected["systems"].items():
        told = ", ".join(f"{n} {outcome}" for outcome, n in counts["outcomes"].items() if n)
        console.print(f"{system}: {counts['items_sent']} items to send ({told})", highlight=False)
    console.print(f"Exports and truth are in {out}.", highlight=False)
