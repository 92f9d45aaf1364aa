"""Reads the state of one unit and system, and says what a skip would do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kpr_stream.kafka.access import kafka_access
from kpr_stream.model.topics import UNIT, Role
from kpr_stream.model.unit import unit_key
from kpr_stream.model.utc_time import utc_time
from kpr_stream.model.words import System
from kpr_stream.operate.newest import newest
from kpr_stream.settings import Settings


async def unit_state(settings: Settings, org_nr: str, system: System) -> dict[str, Any] | None:
    """Return the state of a unit and system; None if nothing is known of it.

    Reads as ``tools``: the commands that look here also order, with one login.
    """
    key = unit_key(org_nr, system)
    access = kafka_access(settings, Role.TOOLS)
    found = await newest(access, UNIT, "unit_state", wanted=lambda record: record.key == key)
    return found[0] if found else None


def describe_block(state: Mapping[str, Any]) -> str:
    """Return since when a unit is blocked and why, or that it is not."""
    since = state["blocked_since"]
    if since is None:
        return "The unit is not blocked."
    return f"The unit is blocked since {utc_time(since)}: {state['blocked_reason']}."


def skipped_by(state: Mapping[str, Any], skip_to: int) -> int:
    """Return how many deliveries a skip leaves out; they may still be delivered."""
    return max(0, skip_to - int(state["next_sequence"]))


def is_refused_one(state: Mapping[str, Any], skip_to: int) -> bool:
    """Return whether a skip leaves out nothing but the delivery that blocks the unit."""
    return state["blocked_since"] is not None and skipped_by(state, skip_to) <= 1
