"""Name the worker processes of one machine, and say how each is started."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kpr_stream.errors import UsageError
from kpr_stream.model.topics import PARTITIONS
from kpr_stream.settings import Settings

COUNTS: Final = tuple(n for n in range(1, PARTITIONS + 1) if PARTITIONS % n == 0)
"""How many processes a machine may run: with other numbers one would have more lanes than the
next, and the backlog would wait for it."""
USUAL_NAME: Final = "worker"
"""The workers' name where none is set: worker-1 keeps the ledgers of a worker that ran alone."""


@dataclass(frozen=True, slots=True)
class WorkerProcess:
    """One worker of the machine."""

    name: str
    command: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]
    """What its environment has besides that of the parent."""


def shared_name(settings: Settings) -> str:
    """Return the name that the workers' own names begin with."""
    return settings.instance if "instance" in settings.model_fields_set else USUAL_NAME


def worker_processes(
    settings: Settings, count: int, *, host: str, as_json: bool = False
) -> Sequence[WorkerProcess]:
    """Return the processes, named NAME-1 to NAME-N; UsageError for a number that is not in COUNTS.

    Each is a static member of the group, named by machine and index, unless a setting says
    otherwise. With a metrics port that is set, the first worker has this port, the second the next.
    """
    if count not in COUNTS:
        raise UsageError(
            f"{count} processes cannot divide {PARTITIONS} lanes evenly.",
            what_to_do=f"Use --processes with one of: {', '.join(map(str, COUNTS))}.",
        )
    port = settings.metrics_port
    if port and port + count - 1 > 65535:
        raise UsageError(
            f"{count} ports from {port} on reach beyond 65535.",
            what_to_do="Use a smaller --metrics-port.",
        )
    variables = [("KPR_MACHINE", settings.machine or host)]
    if "static_membership" not in settings.model_fields_set:
        variables.append(("KPR_STATIC_MEMBERSHIP", "true"))
    return [
        WorkerProcess(
            name := f"{shared_name(settings)}-{number + 1}",
            (
                *(sys.executable, "-m", "kpr_stream", "worker", "--instance", name),
                *(() if port is None else ("--metrics-port", str(port + number if port else 0))),
                *(("--json",) if as_json else ()),
            ),
            tuple(variables),
        )
        for number in range(count)
    ]
