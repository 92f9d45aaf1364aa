"""Read from a receipt why a delivery was refused and what its sender does. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from kpr_stream.model.refusals import RefusalCause, refusal_causes
from kpr_stream.model.words import Resend


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalText:
    """The exact cause of a refusal with its texts. ``item``: position of the item at fault."""

    cause: str
    item: int | None
    resend: Resend
    text_en: str
    text_no: str
    action_en: str
    action_no: str

    def to_json(self) -> str:
        """Return the text that ``from_json`` reads."""
        return json.dumps(asdict(self), ensure_ascii=False)


def from_json(text: str | None) -> RefusalText | None:
    """Return what ``to_json`` wrote; None for None."""
    if text is None:
        return None
    found = json.loads(text)
    return RefusalText(**found | {"resend": Resend(found["resend"])})


def refusal_text(receipt: Mapping[str, Any]) -> RefusalText | None:
    """Return why a delivery was refused, exactly.

    Version 2 of the receipt says it. Version 1 gives a code: if the code has one cause in this
    release's table, that is the cause. None if the receipt leaves it open.
    """
    if receipt.get("cause_text"):
        return RefusalText(
            cause=receipt["cause"],
            item=receipt["refused_item"],
            resend=Resend(receipt["resend"]),
            **receipt["cause_text"],
        )
    causes = [
        (cause, row) for cause, row in refusal_causes().items() if row.reason == receipt["reason"]
    ]
    return _from_table(*causes[0]) if len(causes) == 1 else None


def _from_table(cause: str, row: RefusalCause) -> RefusalText:
    return RefusalText(cause=str(cause), item=None, resend=row.resend, **row.texts)
