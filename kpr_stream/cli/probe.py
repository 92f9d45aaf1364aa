"""``kpr-stream probe``: a hello every minute, the whole way there and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kpr_stream.cli.command_options import Json

if TYPE_CHECKING:
    from kpr_stream.settings import Settings


def probe(
    once: Annotated[
        bool, typer.Option("--once", help="Send one hello, wait for its receipt, and end.")
    ] = False,
    within: Annotated[
        float, typer.Option(min=1, help="With --once: seconds to wait for the receipt.")
    ] = 30.0,
    metrics_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Prometheus port; 0: any free.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Send a hello a minute and measure its answer, until SIGTERM.

    A hello passes broker, worker and receipt, and leaves neither row nor unit.
    At most one is unanswered.

    Exit code with --once: 0 answered, 1 refused, 69 no answer in time.

    Example: kpr-stream probe --once --json
    """
    import asyncio

    from kpr_stream.probe.run import run_probe
    from kpr_stream.process.log import NAMED, begin_log
    from kpr_stream.settings import Settings

    settings = Settings()
    if metrics_port is not None:
        settings = settings.model_copy(update={"metrics_port": metrics_port})
    if once:
        _once(settings, within, as_json)
        return
    begin_log(NAMED, process="probe", form=settings.log_format)

    def print_address(port: int) -> None:
        from kpr_stream.cli.report import print_json

        print_json({"metrics": f"{settings.metrics_host}:{port}"})

    asyncio.run(run_probe(settings, on_serving=print_address if as_json else None))


def _once(settings: Settings, within: float, as_json: bool) -> None:
    import asyncio

    from kpr_stream.cli.report import people, print_json
    from kpr_stream.probe.run import probe_once

    unit, lane, answer = asyncio.run(probe_once(settings, within_s=within))
    if as_json:
        print_json(
            {
                "org_nr": unit,
                "lane": lane,
                "answered": answer.refused is None,
                "refused": answer.refused,
                "latency_seconds": answer.latency_s,
            }
        )
    what = "answered" if answer.refused is None else f"refused ({answer.refused})"
    people(as_json).print(
        f"Lane {lane} {what} a hello of unit {unit} in {answer.latency_s:.3f} s.", highlight=False
    )
    if answer.refused is not None:
        raise typer.Exit(1)
