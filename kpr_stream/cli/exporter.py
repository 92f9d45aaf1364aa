"""``kpr-stream exporter``: metrics of every unit, and of the books."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kpr_stream.cli.command_options import Json

if TYPE_CHECKING:
    from kpr_stream.exporter.snapshot import Snapshot
    from kpr_stream.settings import Settings


def exporter(
    once: Annotated[
        bool, typer.Option("--once", help="Read to the end once, print the metrics, and end.")
    ] = False,
    metrics_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Prometheus port; 0: any free.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Serve metrics of every unit and of the books, until SIGTERM.

    Last delivery, next deadline, block, gaps, coverage since 2017 and rejected
    items of each unit; the quarantine; and whether deliveries, receipts and rows
    agree. Stores nothing: a restart reads it all from the topics.

    Exit code 1 with --once: the books do not balance.

    Example: kpr-stream exporter --once
    """
    import asyncio

    from kpr_stream.cli.worker import tune_polars

    tune_polars()
    from kpr_stream.exporter.run import run_exporter
    from kpr_stream.process.log import NAMED, begin_log
    from kpr_stream.settings import Settings

    begin_log(NAMED)
    settings = Settings()
    if metrics_port is not None:
        settings = settings.model_copy(update={"metrics_port": metrics_port})
    if once:
        _once(settings, as_json=as_json)
        return

    def print_address(port: int) -> None:
        from kpr_stream.cli.report import print_json

        print_json({"metrics": f"{settings.metrics_host}:{port}"})

    asyncio.run(run_exporter(settings, on_serving=print_address if as_json else None))


def _once(settings: Settings, *, as_json: bool) -> None:
    import asyncio

    from prometheus_client import CollectorRegistry, generate_latest

    from kpr_stream.cli.report import answers, print_json
    from kpr_stream.exporter.collector import SnapshotCollector
    from kpr_stream.exporter.run import places_of, read_once

    found = asyncio.run(read_once(settings))
    if as_json:
        print_json(_summary(found))
    else:
        collector = SnapshotCollector(places_of())
        collector.snapshot = found
        registry = CollectorRegistry()
        registry.register(collector)
        text = generate_latest(registry).decode()
        answers.print(text, end="", highlight=False, markup=False)
    if any(found.books.imbalance.values()):
        raise typer.Exit(1)


def _summary(found: Snapshot) -> dict[str, object]:
    from dataclasses import asdict

    return {
        "units": [asdict(one) for one in found.units],
        "left_out": found.left_out,
        "compared": dict(found.books.compared),
        "imbalance": [
            {"system": system, "fault": fault, "deliveries": number}
            for (system, fault), number in found.books.imbalance.items()
            if number
        ],
    }
