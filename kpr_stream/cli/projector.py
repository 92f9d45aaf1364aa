"""``kpr-stream projector``: the topic that analysts may read."""

from __future__ import annotations

from typing import Annotated

import typer

from kpr_stream.cli.command_options import Json


def projector(
    until_caught_up: Annotated[
        bool, typer.Option("--until-caught-up", help="Carry what is there now, and end.")
    ] = False,
    from_beginning: Annotated[
        bool,
        typer.Option("--from-beginning", help="Write every record again."),
    ] = False,
    metrics_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Prometheus port; 0: any free.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Carry consultations to the analysts' topic, until SIGTERM.

    Analysts see no birth date: ages count from the week of birth, and a visit
    in that week is shown when the week is over. Run one projector only.

    Example: kpr-stream projector --until-caught-up --json
    """
    import asyncio
    from dataclasses import asdict

    from kpr_stream.cli.worker import tune_polars

    tune_polars()
    from kpr_stream.cli.report import people, print_json
    from kpr_stream.process.log import NAMED, begin_log
    from kpr_stream.projector.run import run_projector
    from kpr_stream.settings import Settings

    settings = Settings()
    if metrics_port is not None:
        settings = settings.model_copy(update={"metrics_port": metrics_port})
    begin_log(NAMED, process="projector", form=settings.log_format)

    def print_address(port: int) -> None:
        print_json({"metrics": f"{settings.metrics_host}:{port}"})

    totals = asyncio.run(
        run_projector(
            settings,
            from_beginning=from_beginning,
            until_caught_up=until_caught_up,
            on_serving=print_address if as_json and not until_caught_up else None,
        )
    )
    if until_caught_up and as_json:
        print_json(asdict(totals))
    people(as_json).print(
        f"{totals.shown} records shown, {totals.removed} removed; {totals.held} wait for the end "
        "of a week of birth.",
        highlight=False,
    )
