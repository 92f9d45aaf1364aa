"""Return the facts as JSON values. Pure."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from kpr_stream.model.utc_time import utc_time
from kpr_stream.overview.facts import Overview


def as_object(facts: Overview) -> dict[str, Any]:
    """Return everything that is known, the troubles with their runbooks first."""
    found = asdict(facts) | {
        "at": utc_time(datetime.fromtimestamp(facts.at, UTC)),
        "troubles": [
            {
                "alert": one.alert.value,
                "urgent": one.urgent,
                "what": one.what,
                "since_s": one.since_s,
                "runbook": one.runbook,
            }
            for one in facts.troubles
        ],
    }
    return {"troubles": found.pop("troubles"), **found}
