"""``kpr-stream sink``: write the topics into PostgreSQL, and compare both."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kpr_stream.cli.command_options import Json

_UNTIL = typer.Option("--until-caught-up", help="Stop at the present end of the topics.")
_KEEP_OLD = typer.Option(
    "--keep-old", help="Keep the old tables, in the schema content_replaced or identity_replaced."
)
_METRICS = typer.Option("--metrics-port", min=0, max=65535, help="Prometheus port; 0: any free.")


def build_sink_cli() -> typer.Typer:
    """Build the group of commands."""
    cli = typer.Typer(no_args_is_help=True, help="Write the topics into PostgreSQL.")
    cli.command()(content)
    cli.command()(identity)
    cli.command()(rebuild)
    cli.command()(verify)
    return cli


def content(
    until_caught_up: Annotated[bool, _UNTIL] = False,
    metrics_port: Annotated[int | None, _METRICS] = None,
    as_json: Json = False,
) -> None:
    """Write consultations and appointments, until SIGTERM.

    Writes to schema content as role content_sink. Rows and position change in one
    transaction, so that a sink may be killed at any time.

    Example: kpr-stream sink content --until-caught-up
    """
    _run("content", until_caught_up, metrics_port, as_json)


def identity(
    until_caught_up: Annotated[bool, _UNTIL] = False,
    metrics_port: Annotated[int | None, _METRICS] = None,
    as_json: Json = False,
) -> None:
    """Write sealed identities, until SIGTERM.

    Writes to schema identity as role identity_sink.

    Example: kpr-stream sink identity --metrics-port 9102
    """
    _run("identity", until_caught_up, metrics_port, as_json)


def rebuild(
    which: Annotated[str, typer.Argument(help="content or identity.")] = "content",
    keep_old: Annotated[bool, _KEEP_OLD] = False,
    as_json: Json = False,
) -> None:
    """Fill new tables from the topics, then swap them for the live ones.

    Works as role kpr_owner. The running sink and all readers continue: one
    transaction replaces the live tables. After an interruption give the same
    command again: it resumes. Versions and receipts that the topics no longer
    have are carried over and counted: nothing else can bring them back.

    Example: kpr-stream sink rebuild content --json
    """
    import asyncio
    from dataclasses import asdict

    from kpr_stream.cli.report import console, people, print_json
    from kpr_stream.sinks.rebuild.run import rebuild_sink

    kind = _kind(which)
    settings = _begin_log(which)
    done = asyncio.run(
        rebuild_sink(
            settings, kind, keep=keep_old, report=lambda text: console.print(f"{which}: {text}.")
        )
    )
    if as_json:
        print_json({"sink": which, **asdict(done)})
    out = people(as_json)
    out.print(f"{which}: {done.rebuilds} partitions, {done.records} records read again.")
    for one in done.histories:
        out.print(
            f"{one.table}: {one.versions} versions, {one.unverified} of them no longer in the "
            "topic: they were carried over, cannot be verified, and no topic brings them back. "
            f"{one.dropped} versions of erased keys are gone."
        )
    for log in done.logs:
        out.print(
            f"{log.table}: {log.rows} rows, {log.unverified} of them no longer in the topic: "
            "they were carried over."
        )
    for gone in done.removed:
        if gone.rows:
            out.print(f"{gone.table}: {gone.rows} rows are gone, whose keys the topic has not.")
    if done.kept_in is not None:
        out.print(f"The old tables are in the schema {done.kept_in}. Drop it when you are sure.")


def verify(
    which: Annotated[str, typer.Argument(help="content or identity.")] = "content",
    as_json: Json = False,
) -> None:
    """Compare the rows with the topics, receipts too.

    Exit code 1: they differ.

    Example: kpr-stream sink verify identity --json
    """
    import asyncio

    from kpr_stream.cli.report import people, print_json
    from kpr_stream.settings import Settings
    from kpr_stream.sinks.verify import verify_sink
    from kpr_stream.sinks.verify_values import verify_values

    kind = _kind(which)
    settings = Settings()
    results = asyncio.run(verify_sink(settings, kind)) + asyncio.run(verify_values(settings, kind))
    equal = all(r.equal for r in results)
    if as_json:
        print_json({"sink": which, "equal": equal, "topics": [r.as_json() for r in results]})
    out = people(as_json)
    for r in results:
        out.print(
            f"{r.topic}: {r.keys} keys, {r.rows} rows; missing {r.missing}, extra {r.extra}, "
            f"different {r.different}; {r.behind} offsets behind."
            f"{_history_text(r)}"
            f"{' The topic was made again: let the sink rebuild.' if r.made_again else ''}"
        )
        for partition, offset in r.places:
            out.print(f"  differs at partition {partition}, offset {offset}")
    if not equal:
        raise typer.Exit(1)


def _history_text(result: Any) -> str:  # noqa: ANN401 - TopicResult, imported when the command runs
    if result.versions is None:
        return ""
    return (
        f" History: {result.versions} versions, {result.unverified} no longer in the topic, "
        f"{result.unrecorded} records without a version."
    )


def _begin_log(which: str) -> Any:  # noqa: ANN401 - Settings, imported when the command runs
    from kpr_stream.process.log import PLAIN, begin_log
    from kpr_stream.process.stderr import silence_native_stderr
    from kpr_stream.settings import Settings

    silence_native_stderr()
    settings = Settings()
    begin_log(PLAIN, process=f"{which}-sink", form=settings.log_format)
    return settings


def _run(which: str, until_caught_up: bool, metrics_port: int | None, as_json: bool) -> None:
    import asyncio
    from dataclasses import asdict

    from kpr_stream.cli.report import people, print_json
    from kpr_stream.sinks.run import run_sink

    settings = _begin_log(which)
    if metrics_port is not None:
        settings = settings.model_copy(update={"metrics_port": metrics_port})
    totals = asyncio.run(run_sink(settings, _kind(which), until_caught_up=until_caught_up))
    if as_json:
        print_json({"sink": which, **asdict(totals)})
    people(as_json).print(
        f"{which}: {totals.records} records, {totals.rows} rows in {totals.batches}."
    )


def _kind(which: str) -> Any:  # noqa: ANN401 - SinkKind, imported when the command runs
    from kpr_stream.errors import UsageError
    from kpr_stream.sinks.tables import SinkKind

    try:
        return SinkKind(which)
    except ValueError:
        raise UsageError(
            f"There is no sink {which}.", what_to_do="Name content or identity."
        ) from None
