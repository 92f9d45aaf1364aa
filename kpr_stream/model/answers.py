"""What a sender does with each status of a delivery and each outcome of an item. Pure.

The table is ``answers.toml`` beside this file. The vendors' pages of an own sender show it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from kpr_stream.model.words import Outcome, ReceiptStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What to do, in English and Bokmål."""

    en: str
    no: str
    final: bool = True
    """Whether the delivery needs no more attempts; an item never needs one."""


@cache
def status_advice() -> Mapping[ReceiptStatus, Advice]:
    """Return what to do for each status, in the order of the statuses."""
    rows = _table()["statuses"]
    return MappingProxyType({one: Advice(**rows[one.value]) for one in ReceiptStatus})


@cache
def outcome_advice() -> Mapping[Outcome, Advice]:
    """Return what to do for each outcome, in the order of the outcomes."""
    rows = _table()["outcomes"]
    return MappingProxyType({one: Advice(**rows[one.value]) for one in Outcome})


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("answers.toml").read_text("utf-8"))
