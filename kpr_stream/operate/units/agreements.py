"""Reads agreements from the units' states: which system may report for which unit, and when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kpr_stream.kafka.access import kafka_access
from kpr_stream.model.topics import UNIT, Role
from kpr_stream.model.utc_time import known_time
from kpr_stream.operate.newest import newest
from kpr_stream.settings import Settings

_FIELDS = ("org_nr", "system", "municipality_code", "agreed_from", "agreed_to", "last_delivery_at")


async def agreements(settings: Settings) -> list[dict[str, Any]]:
    """Return each unit and system that has an agreement or has delivered, sorted."""
    states = await newest(kafka_access(settings, Role.OPERATOR), UNIT, "unit_state")
    return sorted(
        (_agreement(state) for state in states),
        key=lambda one: (one["org_nr"], one["system"]),
    )


def _agreement(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an agreement; ``last_delivery_at`` is None if there was no delivery."""
    last = known_time(state["last_delivery_at"])
    return {name: state[name] for name in _FIELDS} | {"last_delivery_at": last}
