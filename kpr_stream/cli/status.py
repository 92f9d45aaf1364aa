"""`kpr-stream status`: which parts of the embedded stack run, and whether they answer."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from kpr_stream.cli.report import people, print_json

NOT_RUNNING = 3
"""Exit code of init scripts (LSB): the program is not running."""
UNHEALTHY = 69
"""Exit code of UnavailableError: the stack runs but does not answer."""


def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Print addresses, versions, pids and health of the stack.

    Exit code 0: healthy. 3: not running. 69: running, not answering.

    Example: kpr-stream status --json
    """
    from kpr_stream.embedded.status import stack_status
    from kpr_stream.settings import Settings

    settings, out = Settings(), people(as_json)
    found = stack_status(settings)
    if found is None:
        out.print(f"No stack runs in {settings.home}. Start one with `kpr-stream up`.")
        if as_json:
            print_json({"running": False})
        raise typer.Exit(NOT_RUNNING)
    if as_json:
        print_json(
            {
                "running": True,
                "healthy": found.healthy,
                **asdict(found.state),
                "health": found.health,
            }
        )
    out.print(f"Stack in {found.state.home}, since {found.state.started_at}")
    for part, health in found.health.items():
        about = " ".join(
            str(known)
            for known in (
                found.state.addresses[part],
                found.state.versions.get(part, ""),
                f"pid {found.state.pids[part]}" if part in found.state.pids else "",
                health,
            )
            if known
        )
        out.print(f"  {part:9} {about}", highlight=False)
    if not found.healthy:
        raise typer.Exit(UNHEALTHY)
