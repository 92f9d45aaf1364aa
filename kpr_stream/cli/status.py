"""`kpr-stream status`: whether everything that should run does, for a person or a script."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kpr_stream.cli.report import people, print_json
from kpr_stream.cli.top import Targets

if TYPE_CHECKING:
    from rich.console import Console

    from kpr_stream.embedded.status import StackStatus
    from kpr_stream.overview.facts import Overview
    from kpr_stream.overview.topics import TopicFault
    from kpr_stream.settings import Settings

NOT_RUNNING = 3
"""Exit code of init scripts (LSB): the program is not running."""
UNHEALTHY = 69
"""Exit code of UnavailableError: a server does not answer."""
WRONG = 1
"""Exit code: everything answers, and something is wrong."""
EVERY_S = 2.0


def status(
    target: Targets = None,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between two readings.")] = EVERY_S,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Print whether everything runs, and what is wrong.

    Asks the embedded stack if one runs, Kafka for its topics, and every process
    listed in KPR_HOME/targets for its metrics.

    Exit code 0: nothing is wrong. 1: something is, see the lines. 3: nothing
    runs. 69: a server does not answer.

    Example: kpr-stream status --json
    """
    from kpr_stream.embedded.status import stack_status
    from kpr_stream.overview.targets import read_twice
    from kpr_stream.settings import Settings

    settings, out = Settings(), people(as_json)
    stack = stack_status(settings)
    facts = read_twice(settings, target or (), every_s=every)
    if stack is None and settings.kafka_bootstrap is None and not facts.processes:
        out.print(f"Nothing runs in {settings.home}. Start a stack with `kpr-stream up`.")
        if as_json:
            print_json({"running": False})
        raise typer.Exit(NOT_RUNNING)
    away, faults = _topics(settings, stack)
    healthy = away is None and (stack is None or stack.healthy)
    if as_json:
        print_json(_as_object(stack, facts, faults, away=away, healthy=healthy))
    _print(out, stack, facts, faults, away)
    if not healthy:
        raise typer.Exit(UNHEALTHY)
    if faults or facts.troubles:
        raise typer.Exit(WRONG)


def _topics(settings: Settings, stack: StackStatus | None) -> tuple[str | None, list[TopicFault]]:
    """Return why Kafka cannot be asked, and the topics that are not as the contract says."""
    import asyncio

    from kpr_stream.errors import BrokerError
    from kpr_stream.kafka.access import kafka_access
    from kpr_stream.model.topics import Role
    from kpr_stream.overview.topics import topic_faults

    embedded = settings.kafka_bootstrap is None
    if embedded and (stack is None or not stack.healthy):
        return None, []
    # The login of the embedded stack sees every topic, that of an operator the outputs.
    access = kafka_access(settings, Role.ADMIN if embedded else Role.OPERATOR)
    try:
        return None, asyncio.run(topic_faults(access))
    except BrokerError as error:
        return str(error), []


def _as_object(
    stack: StackStatus | None,
    facts: Overview,
    faults: list[TopicFault],
    *,
    away: str | None,
    healthy: bool,
) -> dict[str, Any]:
    from kpr_stream.overview.as_json import as_object

    found: dict[str, Any] = {"running": True, "healthy": healthy}
    if stack is not None:
        found |= asdict(stack.state) | {"health": stack.health}
    return found | {
        "kafka_away": away,
        "topics": [asdict(one) for one in faults],
        **as_object(facts),
    }


def _print(
    out: Console,
    stack: StackStatus | None,
    facts: Overview,
    faults: list[TopicFault],
    away: str | None,
) -> None:
    from kpr_stream.overview.layout import lines

    found = [] if stack is None else _stack_lines(stack)
    if away is not None:
        found.append(away)
    found += [f"Topic {one.message}: see docs/operate/topics.md" for one in faults]
    found += lines(facts)
    for line in found:
        out.print(line, highlight=False, markup=False)


def _stack_lines(stack: StackStatus) -> list[str]:
    found = [f"Stack in {stack.state.home}, since {stack.state.started_at}"]
    for part, health in stack.health.items():
        about = " ".join(
            str(known)
            for known in (
                stack.state.addresses[part],
                stack.state.versions.get(part, ""),
                f"pid {stack.state.pids[part]}" if part in stack.state.pids else "",
                health,
            )
            if known
        )
        found.append(f"  {part:9} {about}")
    return found
