"""``kpr-stream replay``: judge deliveries of some days again by the rules of today."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from kpr_stream.cli.command_options import WITHIN_S, By, Json, Reason, Within, requester
from kpr_stream.cli.report import console, people, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kpr_stream.model.words import System
    from kpr_stream.operate.request import Requester


def replay(
    start: Annotated[
        str, typer.Option("--from", help="First time of reception (YYYY-MM-DD[THH:MM], UTC).")
    ],
    reason: Reason,
    until: Annotated[
        str | None, typer.Option("--to", help="End of the time range (not included); unset: now.")
    ] = None,
    system: Annotated[
        str | None, typer.Option("--system", help="Only of this EPJ system; unset: all systems.")
    ] = None,
    unit: Annotated[str | None, typer.Option("--unit", help="Only of this unit.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only report what would change.")
    ] = False,
    by: By = None,
    within: Within = WITHIN_S,
    as_json: Json = False,
) -> None:
    """Judge deliveries of the last 14 days again.

    Uses the rules, reference data and reservations of today. Older deliveries are
    deleted. Only records that differ are written, and no receipts.

    Example: kpr-stream replay --from 2026-03-01 --system eg-infodoc --dry-run --reason "Rule set 13"
    """  # noqa: E501 - an example is one line
    import asyncio
    import time

    from kpr_stream.cli.arguments import parse_time_range, parse_unit
    from kpr_stream.model.topics import DAY_MS, DELIVERY_DAYS
    from kpr_stream.model.words import SYSTEMS, system_named

    who_asks = requester(by, reason)
    systems = [system_named(system)] if system else list(SYSTEMS)
    org_nr = parse_unit(unit) if unit else None
    now = round(time.time() * 1000)
    first_ms, until_ms = parse_time_range(start, until, now_ms=now)
    if first_ms < now - DELIVERY_DAYS * DAY_MS:
        console.print(f"Deliveries are kept {DELIVERY_DAYS} days: older ones are left out.")
    arguments = {
        "from_ms": str(first_ms),
        "until_ms": str(until_ms),
        **({"dry_run": "1"} if dry_run else {}),
    }
    done = asyncio.run(_replay(systems, org_nr, who_asks, arguments, within))
    if as_json:
        print_json({"dry_run": dry_run, "systems": done})
    for name, counts in done.items():
        shown = ", ".join(f"{n} {word}" for word, n in sorted(counts.items())) or "nothing"
        people(as_json).print(f"{name}: {shown}{' (dry run)' if dry_run else ''}", highlight=False)


async def _replay(
    systems: Sequence[System],
    org_nr: str | None,
    who_asks: Requester,
    arguments: dict[str, str],
    within_s: float,
) -> dict[str, dict[str, int]]:
    from functools import partial

    from kpr_stream.cli.send_command import new_id
    from kpr_stream.model.command import CommandKind
    from kpr_stream.model.partition import partition_of
    from kpr_stream.model.topics import PARTITIONS
    from kpr_stream.operate.request import CommandRequest
    from kpr_stream.operate.send import command_sender
    from kpr_stream.operate.slices import send_in_slices
    from kpr_stream.settings import Settings

    lanes = [partition_of(org_nr)] if org_nr else range(PARTITIONS)
    done: dict[str, dict[str, int]] = {}
    async with command_sender(Settings()) as ready:
        for system in systems:

            def make(lane: int, first: int | None, system: System = system) -> CommandRequest:
                at = {} if first is None else {"first": str(first)}
                return CommandRequest(
                    command_id=new_id(),
                    kind=CommandKind.REPLAY,
                    lane=lane,
                    requester=who_asks,
                    org_nr=org_nr,
                    system=system,
                    arguments={**arguments, **at},
                )

            total = await send_in_slices(
                dict.fromkeys(lanes),
                make,
                partial(ready.send, within_s=within_s),
                report=partial(_report, system.value),
            )
            done[system.value] = dict(total)
    return done


def _report(system: str, result: Any) -> None:  # noqa: ANN401 - a record of command_result
    if not result["counts"].get("complete", 1):
        console.print(
            f"  {system} lane {result['lane']}: up to offset {result['counts']['next_offset']}",
            highlight=False,
        )
