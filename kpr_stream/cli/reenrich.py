"""``kpr-stream reenrich``: enrich stored consultations again with current reference data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from kpr_stream.cli.command_options import WITHIN_S, By, Json, Reason, Within, requester
from kpr_stream.cli.report import console, people, print_json

if TYPE_CHECKING:
    from kpr_stream.operate.request import Requester


def reenrich(
    reference: Annotated[
        str, typer.Option(help="The workers' version of reference data: see log.")
    ],
    reason: Reason,
    run: Annotated[
        str | None,
        typer.Option(help="Name of this run; unset: the version. Another: again."),
    ] = None,
    by: By = None,
    within: Within = WITHIN_S,
    as_json: Json = False,
) -> None:
    """Enrich all stored consultations with current reference data.

    Covers all years. Each field that comes from reference data is derived again
    from the record itself, and only records that differ are written. Run again to
    resume after a stop.

    Example: kpr-stream reenrich --reference 3f0a1b2c4d5e --reason "New municipalities"
    """
    import asyncio

    who_asks = requester(by, reason)
    total = asyncio.run(_reenrich(reference, run or reference, who_asks, within))
    if as_json:
        print_json({"reference": reference, "counts": total})
    counts = ", ".join(f"{n} {word}" for word, n in sorted(total.items()))
    out = people(as_json)
    out.print(counts or "Nothing remains to be done: this run is complete.", highlight=False)


async def _reenrich(
    reference: str, run: str, who_asks: Requester, within_s: float
) -> dict[str, int]:
    from functools import partial

    from kpr_stream.cli.send_command import new_id
    from kpr_stream.kafka.access import kafka_access
    from kpr_stream.model.command import CommandKind
    from kpr_stream.model.topics import COMMAND_RESULT, Role
    from kpr_stream.operate.newest import newest
    from kpr_stream.operate.request import CommandRequest
    from kpr_stream.operate.resume import remaining_by_lane
    from kpr_stream.operate.send import command_sender
    from kpr_stream.operate.slices import send_in_slices
    from kpr_stream.settings import Settings

    settings = Settings()
    results = await newest(kafka_access(settings, Role.TOOLS), COMMAND_RESULT, "command_result")
    rest = remaining_by_lane(results, run)
    until = {lane: left.until for lane, left in rest.items()}

    def make(lane: int, first: int | None) -> CommandRequest:
        end = until[lane]
        arguments = {
            "reference": reference,
            "run": run,
            "first": str(first or 0),
            **({} if end is None else {"until": str(end)}),
        }
        return CommandRequest(
            command_id=new_id(),
            kind=CommandKind.REENRICH,
            lane=lane,
            requester=who_asks,
            arguments=arguments,
        )

    def report(result: Any) -> None:  # noqa: ANN401 - a record of command_result
        if result["status"] == "done":
            lane, counts = result["lane"], result["counts"]
            until[lane] = until[lane] or counts["end_offset"]
            console.print(
                f"  lane {lane}: {counts['next_offset']} of {until[lane]}, "
                f"{counts['changed']} changed",
                highlight=False,
            )

    async with command_sender(settings) as ready:
        total = await send_in_slices(
            {lane: left.first for lane, left in rest.items()},
            make,
            partial(ready.send, within_s=within_s),
            report=report,
        )
    return dict(total)
