"""``kpr-stream worker``: process deliveries until stopped."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kpr_stream.settings import Settings


def worker(
    instance: Annotated[
        str | None,
        typer.Option(help="Name of this worker on its machine; unique."),
    ] = None,
    metrics_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Prometheus port; 0: any free.")
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(metavar="1|2|4|8", help="Number of workers; one that ends is restarted."),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Where metrics are served: one JSON object a worker."),
    ] = False,
) -> None:
    """Process deliveries exactly once, until SIGTERM.

    Decrypts, validates, enriches, deduplicates and answers the deliveries of its
    lanes. A worker may be killed at any time: the next owner of its lanes
    resumes.

    Example: kpr-stream worker --instance worker-1 --metrics-port 9101

    A whole machine: kpr-stream worker --processes 4
    """
    from kpr_stream.settings import Settings

    settings = Settings()
    changed = {"instance": instance, "metrics_port": metrics_port}
    settings = settings.model_copy(update={k: v for k, v in changed.items() if v is not None})
    if processes is not None:
        from kpr_stream.processor.machine.run import run_processes

        raise typer.Exit(run_processes(settings, processes, as_json=as_json))
    tune_polars()
    from kpr_stream.processor.worker.main import run_worker

    run_worker(settings, on_serving=_print_address if as_json else None)


def _print_address(settings: Settings, port: int) -> None:
    from kpr_stream.cli.report import print_json

    print_json({"instance": settings.instance, "metrics": f"{settings.metrics_host}:{port}"})


def tune_polars() -> None:
    """Set the environment variables that Polars reads at import, unless they are set already."""
    from kpr_stream.processor.adapters.tuning import POLARS

    for tuned in POLARS:
        os.environ.setdefault(tuned.name, str(tuned.value))
