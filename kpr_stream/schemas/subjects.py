"""Name the record of each topic, and of each schema registry subject. Pure.

Subjects follow the topic name strategy: ``<topic>-value``. Keys are plain bytes, without subjects.
"""

from __future__ import annotations

from collections.abc import Mapping

from kpr_stream.model.topics import (
    ANALYST_CONSULTATION,
    APPOINTMENT,
    COMMAND,
    COMMAND_RESULT,
    CONSULTATION,
    IDENTITY,
    IDENTITY_LINK,
    QUARANTINE,
    QUARANTINE_STATE,
    RELEASE,
    RIGHTS,
    SUPERSEDED,
    UNIT,
    delivery_topic,
    receipt_topic,
)
from kpr_stream.model.words import SYSTEMS
from kpr_stream.schemas.catalogue import Schema, all_schemas

RECORD_OF_TOPIC: Mapping[str, str] = {
    **{delivery_topic(system): "delivery" for system in SYSTEMS},
    **{receipt_topic(system): "receipt" for system in SYSTEMS},
    COMMAND: "command",
    RIGHTS: "rights",
    UNIT: "unit_state",
    CONSULTATION: "consultation",
    APPOINTMENT: "appointment",
    ANALYST_CONSULTATION: "analyst_consultation",
    SUPERSEDED: "superseded",
    IDENTITY: "identity",
    IDENTITY_LINK: "identity_link",
    QUARANTINE: "quarantined_item",
    QUARANTINE_STATE: "quarantine_state",
    RELEASE: "release",
    COMMAND_RESULT: "command_result",
}
"""The name in the catalogue of the record on each topic."""


def subjects() -> dict[str, tuple[Schema, ...]]:
    """Return every subject with its versions, oldest first."""
    return {
        f"{topic}-value": tuple(
            sorted((s for s in all_schemas() if s.name == record), key=lambda s: s.version)
        )
        for topic, record in RECORD_OF_TOPIC.items()
    }
