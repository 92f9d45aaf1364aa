"""Every topic with its settings, writers and readers: the table of topics and ACLs.

Topics are created with these settings, never automatically. The number of partitions never
changes: growth needs a new generation of topics, filled by a copy job. What a new topic needs
elsewhere: CONTRIBUTING.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from kpr_stream.model.limits import RECEIVER
from kpr_stream.model.words import SYSTEMS, System

PARTITIONS = 8
"""Lanes. Part of the contract: the partition of a unit is murmur2(org_nr) mod 8."""

DAY_MS = 86_400_000
MAX_DELIVERY_BYTES = RECEIVER.record_bytes
"""Largest record on a delivery topic. Connectors cut at 2 MB of payload; the rest is spare."""

COMMAND = "kpr.hst.command"
RIGHTS = "kpr.rights"
UNIT = "kpr.hst.unit"
CONSULTATION = "kpr.hst.consultation"
APPOINTMENT = "kpr.hst.appointment"
ANALYST_CONSULTATION = "kpr.hst.analyst-consultation"
SUPERSEDED = "kpr.hst.superseded"
IDENTITY = "kpr.hst.identity"
IDENTITY_LINK = "kpr.hst.identity-link"
QUARANTINE = "kpr.hst.quarantine"
QUARANTINE_STATE = "kpr.hst.quarantine-state"
RELEASE = "kpr.hst.release"
COMMAND_RESULT = "kpr.hst.command-result"


def delivery_topic(system: System) -> str:
    """Return the topic where a system's deliveries arrive."""
    return f"kpr.hst.delivery.{system}"


def receipt_topic(system: System) -> str:
    """Return the topic where a system reads its receipts."""
    return f"kpr.hst.receipt.{system}"


RECEIPT_TOPICS: tuple[str, ...] = tuple(receipt_topic(s) for s in SYSTEMS)

SOURCE_TOPICS: tuple[str, ...] = (*(delivery_topic(s) for s in SYSTEMS), COMMAND)
"""The topics that a lane reads. Every ledger header holds an index of this tuple: append only."""


class Role(StrEnum):
    """The receiver's own principals. Each EPJ system is a principal too, named by its word."""

    PROCESSOR = "processor"
    CONTENT_SINK = "content-sink"
    IDENTITY_SINK = "identity-sink"
    PROJECTOR = "projector"
    ANALYST = "analyst"
    OPERATOR = "operator"
    PRIVACY = "privacy"
    TOOLS = "tools"
    EXPORTER = "exporter"
    PROBE = "probe"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: its settings (Kafka's names and units) and who writes and reads it.

    ``watchers`` see where it begins and ends, and none of its records.
    """

    name: str
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    settings: Mapping[str, str] = field(default_factory=dict)
    partitions: int = PARTITIONS
    watchers: tuple[str, ...] = ()


COMPACTED: Mapping[str, str] = {
    "cleanup.policy": "compact",
    "segment.ms": str(DAY_MS),
    "min.compaction.lag.ms": str(DAY_MS),
    "max.compaction.lag.ms": str(3 * DAY_MS),
    "delete.retention.ms": str(30 * DAY_MS),
}


def _kept(days: int, **more: str) -> dict[str, str]:
    renamed = {k.replace("_", "."): v for k, v in more.items()}
    return {"cleanup.policy": "delete", "retention.ms": str(days * DAY_MS), **renamed}


def _probe_of(system: System) -> tuple[str, ...]:
    return (Role.PROBE,) if system is PROBE_SYSTEM else ()


_OURS = (Role.PROCESSOR,)
_OPERATORS = (Role.OPERATOR, Role.TOOLS, Role.PROCESSOR)
"""Readers of what operators look at. ``tools`` orders commands and must see what they are about:
a command that looks first and orders then works with one login."""
_CLEANED = (Role.CONTENT_SINK, Role.PROCESSOR, Role.EXPORTER)
"""The exporter compares the headers of cleaned records with receipts. Kafka grants no less than the
whole record, so analysts have a topic of their own (docs/adr/0191)."""

PROBE_SYSTEM = System.HELSEPLATTFORMEN
"""The probe sends its hellos as this system, the one with the fewest units: one is enough, since a
lane reads the deliveries of all systems. Kafka grants by topic, so its login could send deliveries
of this system too: its password is kept as a vendor's."""

DELIVERY_DAYS = 14
"""Retention of deliveries: older ones cannot be judged again."""

TOPICS: tuple[Topic, ...] = (
    *(
        Topic(
            delivery_topic(system),
            writers=(system, *_probe_of(system)),
            readers=_OURS,
            watchers=(Role.EXPORTER,),
            settings=_kept(
                DELIVERY_DAYS,
                message_timestamp_type="LogAppendTime",
                max_message_bytes=str(MAX_DELIVERY_BYTES),
            ),
        )
        for system in SYSTEMS
    ),
    Topic(COMMAND, (Role.TOOLS, Role.PRIVACY), _OURS, _kept(30)),
    Topic(
        RIGHTS,
        (Role.PRIVACY,),
        (Role.PROCESSOR, Role.PRIVACY, Role.IDENTITY_SINK),
        dict(COMPACTED),
        partitions=1,
    ),
    *(
        Topic(
            receipt_topic(system),
            _OURS,
            (system, *_OPERATORS, Role.EXPORTER, Role.CONTENT_SINK, *_probe_of(system)),
            _kept(400),
        )
        for system in SYSTEMS
    ),
    Topic(UNIT, _OURS, (*_OPERATORS, Role.EXPORTER, Role.CONTENT_SINK), dict(COMPACTED)),
    Topic(CONSULTATION, _OURS, (*_CLEANED, Role.PROJECTOR), dict(COMPACTED)),
    Topic(APPOINTMENT, _OURS, _CLEANED, dict(COMPACTED)),
    Topic(ANALYST_CONSULTATION, (Role.PROJECTOR,), (Role.ANALYST,), dict(COMPACTED)),
    Topic(SUPERSEDED, _OURS, _OURS, dict(COMPACTED)),
    Topic(IDENTITY, _OURS, (Role.IDENTITY_SINK, Role.PROCESSOR), dict(COMPACTED)),
    Topic(
        IDENTITY_LINK, _OURS, (Role.IDENTITY_SINK, Role.PRIVACY, Role.PROCESSOR), dict(COMPACTED)
    ),
    Topic(QUARANTINE, _OURS, (*_OPERATORS, Role.EXPORTER), _kept(90)),
    Topic(
        QUARANTINE_STATE,
        _OURS,
        (*_OPERATORS, Role.EXPORTER, Role.CONTENT_SINK),
        dict(COMPACTED),
    ),
    Topic(RELEASE, _OURS, (*_OPERATORS, Role.EXPORTER), dict(COMPACTED)),
    Topic(
        COMMAND_RESULT,
        _OURS,
        (Role.TOOLS, Role.PRIVACY, Role.OPERATOR, Role.PROCESSOR, Role.EXPORTER),
        dict(COMPACTED),
    ),
)

PARTITIONS_OF: Mapping[str, int] = MappingProxyType({t.name: t.partitions for t in TOPICS})
"""How many partitions each topic has, by its name."""

WORKER_TOPICS: Mapping[str, int] = MappingProxyType(
    {t.name: t.partitions for t in TOPICS if Role.PROCESSOR in (*t.writers, *t.readers)}
)
"""The topics that a worker reads or writes, with their partitions: all but the analysts'. Kafka
shows a worker no other, and a topic that others derive from ours may be made again under it."""

OUTPUT_TOPICS: tuple[str, ...] = tuple(t.name for t in TOPICS if t.writers == _OURS)
"""The topics that a lane writes, all in one transaction.

A ledger holds entries of some of them only: ``LEDGER_TOPICS`` in ``processor/state/entries.py``."""

TRANSACTIONAL_WRITERS: tuple[Role, ...] = (Role.PROCESSOR, Role.PROJECTOR)
"""The principals that may use a transactional id. EPJ systems may not: an open transaction of
theirs would hold back every read_committed reader of their topic."""


def receipt_system(topic: str) -> System:
    """Return the system whose receipts a topic holds; ValueError for any other topic."""
    return System(topic.removeprefix("kpr.hst.receipt."))
