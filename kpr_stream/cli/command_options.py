"""Options that the operator's commands share: reason, account, waiting time, JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kpr_stream.operate.request import Requester

Reason = Annotated[
    str,
    typer.Option("--reason", help="Why, in words. Kept permanently: never a person's id."),
]
By = Annotated[
    str | None, typer.Option("--by", help="Account of the requester; unset: your login here.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
Within = Annotated[
    float, typer.Option("--within", min=1, help="Seconds to wait for the lanes' results.")
]
WITHIN_S = 60.0
"""A lane whose worker died is served again within about ten seconds."""


def requester(by: str | None, reason: str) -> Requester:
    """Return who requests the command and why; without ``by``, the login of this process."""
    import getpass

    from kpr_stream.operate.request import Requester

    return Requester(by or getpass.getuser(), reason)
