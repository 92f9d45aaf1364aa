"""``kpr-stream reenrich``: stored consultations enriched again, by the reference data of today."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from kpr_stream.cli.acts import WITHIN_S, By, Json, Reason, Within
from kpr_stream.cli.report import console, print_json

if TYPE_CHECKING:
    from kpr_stream.operate.request import Who


def reenrich(
    reference: Annotated[
        str, typer.Option(help="Version of the reference data: that of the workers, see their log.")
    ],
    reason: Reason,
    run: Annotated[
        str | None,
        typer.Option(help="Name of this run; unset: the version. Another name begins anew."),
    ] = None,
    by: By = None,
    within: Within = WITHIN_S,
    as_json: Json = False,
) -> None:
    """Make everything that comes from reference data anew in every stored consultation, any year
    back, from the record itself. Only what differs is written. Goes on where it was stopped.

    Example: kpr-stream reenrich --reference 3f0a1b2c4d5e --reason "New municipalities"
    """
    import asyncio

    from kpr_stream.cli.acts import who

    total = asyncio.run(_reenrich(reference, run or reference, who(by, reason), within))
    if as_json:
        print_json({"reference": reference, "counts": total})
    told = ", ".join(f"{n} {word}" for word, n in sorted(total.items()))
    console.print(told or "Nothing is left to do: this run is complete.", highlight=False)


async def _reenrich(reference: str, run: str, orderer: Who, within: float) -> dict[str, int]:
    from functools import partial

    from kpr_stream.cli.acts import new_id
    from kpr_stream.kafka.access import kafka_access
    from kpr_stream.model.command import CommandKind
    from kpr_stream.model.topics import COMMAND_RESULT, Role
    from kpr_stream.operate.newest import newest
    from kpr_stream.operate.request import Order
    from kpr_stream.operate.resume import left_over
    from kpr_stream.operate.send import sender
    from kpr_stream.operate.slices import in_slices
    from kpr_stream.settings import Settings

    settings = Settings()
    answered = await newest(kafka_access(settings, Role.OPERATOR), COMMAND_RESULT, "command_result")
    rest = left_over(answered, run)
    until = {lane: left.until for lane, left in rest.items()}

    def make(lane: int, first: int | None) -> Order:
        end = until[lane]
        arguments = {
            "reference": reference,
            "run": run,
            "first": str(first or 0),
            **({} if end is None else {"until": str(end)}),
        }
        return Order(new_id(), CommandKind.REENRICH, lane, orderer, arguments=arguments)

    def told(result: Any) -> None:  # noqa: ANN401 - a record of command_result
        if result["status"] == "done":
            lane, counts = result["lane"], result["counts"]
            until[lane] = until[lane] or counts["end_offset"]
            console.print(
                f"  lane {lane}: {counts['next_offset']} of {until[lane]}, "
                f"{counts['changed']} changed",
                highlight=False,
            )

    async with sender(settings) as ready:
        total = await in_slices(
            {lane: left.first for lane, left in rest.items()},
            make,
            partial(ready.carry_out, within_s=within),
            told=told,
        )
    return dict(total)
