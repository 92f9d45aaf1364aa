"""``kpr-stream worker``: process deliveries until stopped."""

from __future__ import annotations

import os
from typing import Annotated

import typer


def worker(
    instance: Annotated[
        str | None,
        typer.Option(help="Name of this worker on its machine; each has its own ledgers."),
    ] = None,
    metrics_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Prometheus port; 0: any free.")
    ] = None,
) -> None:
    """Process deliveries exactly once, until SIGTERM.

    Decrypts, validates, enriches, deduplicates and answers the deliveries of its
    lanes. A worker may be killed at any time: the next owner of its lanes
    resumes.

    Example: kpr-stream worker --instance worker-1 --metrics-port 9101
    """
    tune_polars()
    from kpr_stream.processor.worker.main import run_worker
    from kpr_stream.settings import Settings

    settings = Settings()
    changed = {"instance": instance, "metrics_port": metrics_port}
    run_worker(settings.model_copy(update={k: v for k, v in changed.items() if v is not None}))


def tune_polars() -> None:
    """Set the environment variables that Polars reads at import, unless they are set already."""
    from kpr_stream.processor.adapters.tuning import POLARS

    for tuned in POLARS:
        os.environ.setdefault(tuned.name, str(tuned.value))
