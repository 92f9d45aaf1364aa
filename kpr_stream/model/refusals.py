"""Every cause of a refusal: its code, what it means and what to do. Pure.

A receipt names the code (``Refusal``) since version 1, and the cause (``Cause``) with its texts
since version 2. The table is ``refusals.toml`` beside this file. The vendors' pages are made from
it: ``docs/vendor/receipts.md`` and ``docs/vendor/kvitteringer.md``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from kpr_stream.model.words import Cause, Note, Refusal, Resend


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """What is wrong and what to do, in English and Bokmål."""

    en: str
    no: str
    action_en: str
    action_no: str

    @property
    def texts(self) -> dict[str, str]:
        """Return the texts as a receipt has them."""
        return {
            "text_no": self.no,
            "text_en": self.en,
            "action_no": self.action_no,
            "action_en": self.action_en,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalCause(Texts):
    """One row of the table."""

    reason: Refusal
    resend: Resend
    blocks: bool
    """Whether the unit waits until a delivery with this sequence is processed. A refused hello
    never blocks."""
    who: str
    """Who is responsible: unit, vendor, or both."""


@cache
def refusal_causes() -> Mapping[Cause, RefusalCause]:
    """Return every cause of a refusal, in the order in which deliveries are checked."""
    return MappingProxyType(
        {
            Cause(name): RefusalCause(
                **row | {"reason": Refusal(row["reason"]), "resend": Resend(row["resend"])}
            )
            for name, row in _table()["causes"].items()
        }
    )


@cache
def envelope_notes() -> Mapping[Note, Texts]:
    """Return what may be not right in an envelope and costs nothing."""
    return MappingProxyType({Note(name): Texts(**row) for name, row in _table()["notes"].items()})


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("refusals.toml").read_text("utf-8"))
