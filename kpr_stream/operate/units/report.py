"""Collects everything about one unit from the topics and the database."""

from __future__ import annotations

from collections import Counter
from typing import Any

from kpr_stream.errors import UnavailableError
from kpr_stream.kafka.access import kafka_access
from kpr_stream.model.topics import COMMAND_RESULT, QUARANTINE_STATE, UNIT, Role
from kpr_stream.model.utc_time import known_time
from kpr_stream.model.words import SYSTEMS
from kpr_stream.operate.newest import newest
from kpr_stream.operate.units.contacts import contacts_of
from kpr_stream.settings import Settings


async def unit_report(settings: Settings, org_nr: str) -> dict[str, Any]:
    """Return a unit's states by system, its open quarantine, commands and contacts."""
    access = kafka_access(settings, Role.OPERATOR)
    prefix = f"{org_nr}/".encode()
    states = await newest(
        access, UNIT, "unit_state", wanted=lambda r: (r.key or b"").startswith(prefix)
    )
    waiting = await newest(access, QUARANTINE_STATE, "quarantine_state")
    open_items = Counter(
        item["system"] for item in waiting if (item["org_nr"], item["state"]) == (org_nr, "open")
    )
    results = await newest(access, COMMAND_RESULT, "command_result")
    contacts: list[dict[str, Any]] = []
    unknown = None
    systems = [state["system"] for state in states]
    try:
        contacts = await contacts_of(settings, (org_nr, *systems))
    except UnavailableError as error:
        # The rest of the report does not need the database.
        unknown = str(error)
    return {
        "org_nr": org_nr,
        "systems": [
            {
                "state": state | {"last_delivery_at": known_time(state["last_delivery_at"])},
                "open_quarantine": open_items[state["system"]],
            }
            for state in sorted(states, key=lambda s: SYSTEMS.index(s["system"]))
        ],
        "contacts": contacts,
        "contacts_unknown": unknown,
        "acts": sorted(
            (one for one in results if one["org_nr"] == org_nr),
            key=lambda result: result["carried_out_at"],
        ),
    }
