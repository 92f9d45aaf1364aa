"""The rights that every command needs: its topics, its database role, its keys. Pure.

Every command works with one Kafka login. ``logins_for`` derives from the rights in ``acls.py``
which principals have enough. ``docs/operate/logins.md`` is generated from this table, and an
integration test runs every command with each of these logins alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from kpr_stream.model.acls import Resource, Right, acls
from kpr_stream.model.topics import (
    ANALYST_CONSULTATION,
    APPOINTMENT,
    COMMAND,
    COMMAND_RESULT,
    CONSULTATION,
    IDENTITY,
    IDENTITY_LINK,
    OUTPUT_TOPICS,
    PROBE_SYSTEM,
    QUARANTINE,
    QUARANTINE_STATE,
    RECEIPT_TOPICS,
    RELEASE,
    RIGHTS,
    SOURCE_TOPICS,
    UNIT,
    Role,
    delivery_topic,
    receipt_topic,
)
from kpr_stream.model.words import SYSTEMS

SYSTEM: Final = "<system>"
"""Part of a topic's name that is the principal itself: each EPJ system has topics of its own."""


class KeyFile(StrEnum):
    """The setting of a key file that a command reads."""

    KEYRING = "KPR_KEYRING_FILE"
    PUBLIC_KEY = "KPR_PUBLIC_KEY_FILE"


PEOPLE: Final = (Role.OPERATOR, Role.TOOLS, Role.PRIVACY)
"""Logins that people give commands with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What one command reads and writes.

    ``principal`` is the Kafka login that the command uses where KPR_KAFKA_USERNAME is unset: None
    where it does not use Kafka, ``SYSTEM`` where it is the EPJ system. ``database`` is the role in
    KPR_POSTGRES_DSN, None where it does not use the database.
    """

    principal: str | None = None
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    database: str | None = None
    keys: KeyFile | None = None


def _orders(
    *reads: str,
    principal: Role = Role.TOOLS,
    database: str | None = None,
    keys: KeyFile | None = None,
) -> Needs:
    return Needs(
        principal=principal,
        reads=(*reads, COMMAND_RESULT),
        writes=(COMMAND,),
        database=database,
        keys=keys,
    )


_OPERATOR, _OWNER = "operator", "kpr_owner"
_CLEANED = Needs(
    principal=Role.CONTENT_SINK, reads=(CONSULTATION, APPOINTMENT), database="content_sink"
)
_CONTENT = Needs(
    principal=Role.CONTENT_SINK,
    reads=(*_CLEANED.reads, *RECEIPT_TOPICS, UNIT, QUARANTINE_STATE),
    database="content_sink",
)
_SEALED = Needs(
    principal=Role.IDENTITY_SINK, reads=(IDENTITY, IDENTITY_LINK), database="identity_sink"
)
_IDENTITY = Needs(
    principal=Role.IDENTITY_SINK, reads=(*_SEALED.reads, RIGHTS), database="identity_sink"
)
_LINK = _orders(IDENTITY_LINK, principal=Role.PRIVACY)
_PROCESSOR_READS = (*SOURCE_TOPICS, RIGHTS, *OUTPUT_TOPICS)
_ITEMS = (QUARANTINE, QUARANTINE_STATE)

_SENDS = Needs(
    principal=SYSTEM,
    reads=(f"kpr.hst.receipt.{SYSTEM}",),
    writes=(f"kpr.hst.delivery.{SYSTEM}",),
    keys=KeyFile.PUBLIC_KEY,
)

NEEDS: Final[Mapping[str, Needs]] = {
    "connect send": _SENDS,
    "connect backfill": _SENDS,
    "migrate": Needs(database=_OWNER),
    "worker": Needs(
        principal=Role.PROCESSOR,
        reads=_PROCESSOR_READS,
        writes=OUTPUT_TOPICS,
        keys=KeyFile.KEYRING,
    ),
    "exporter": Needs(
        principal=Role.EXPORTER,
        reads=(UNIT, RELEASE, *RECEIPT_TOPICS, *_ITEMS, CONSULTATION, APPOINTMENT),
    ),
    "projector": Needs(
        principal=Role.PROJECTOR, reads=(CONSULTATION,), writes=(ANALYST_CONSULTATION,)
    ),
    "probe": Needs(
        principal=Role.PROBE,
        reads=(receipt_topic(PROBE_SYSTEM),),
        writes=(delivery_topic(PROBE_SYSTEM),),
        keys=KeyFile.PUBLIC_KEY,
    ),
    "status": Needs(principal=Role.OPERATOR, reads=(UNIT,)),
    "topics check": Needs(principal=Role.PROCESSOR, reads=_PROCESSOR_READS),
    "topics accept": Needs(principal=Role.PROCESSOR, reads=_PROCESSOR_READS),
    "sink content": _CONTENT,
    "sink identity": _IDENTITY,
    "sink rebuild content": replace(_CONTENT, database=_OWNER),
    "sink rebuild identity": replace(_IDENTITY, database=_OWNER),
    "sink verify content": _CONTENT,
    "sink verify identity": _IDENTITY,
    "replay": _orders(),
    "reenrich": _orders(),
    "unit list": Needs(principal=Role.OPERATOR, reads=(UNIT,)),
    "unit show": Needs(
        principal=Role.OPERATOR,
        reads=(UNIT, QUARANTINE_STATE, COMMAND_RESULT),
        database=_OPERATOR,
    ),
    "delivery show": Needs(
        principal=Role.OPERATOR, reads=(*RECEIPT_TOPICS, QUARANTINE_STATE, UNIT)
    ),
    "unit pause": _orders(),
    "unit resume": _orders(UNIT),
    "unit unblock": _orders(UNIT),
    "quarantine list": Needs(principal=Role.OPERATOR, reads=(QUARANTINE_STATE,)),
    "quarantine show": _orders(*_ITEMS, keys=KeyFile.KEYRING),
    "quarantine replay": _orders(*_ITEMS),
    "quarantine discard": _orders(*_ITEMS),
    "release list": Needs(principal=Role.OPERATOR, reads=(RELEASE, COMMAND_RESULT)),
    "release admit": _orders(),
    "release stop": _orders(RELEASE),
    "release resume": _orders(RELEASE),
    "registry list": Needs(principal=Role.OPERATOR, reads=(UNIT,)),
    "registry agree": _orders(),
    "registry end": _orders(),
    "registry contact": Needs(database=_OPERATOR),
    "registry remove-contact": Needs(database=_OPERATOR),
    "registry mail-addresses": Needs(database=_OPERATOR),
    "across succeed": Needs(database=_OPERATOR),
    "across forget": Needs(database=_OPERATOR),
    "across list": Needs(database=_OPERATOR),
    "across mark": _orders(database=_OPERATOR),
    "across unmark": _orders(database=_OPERATOR),
    "link show": Needs(principal=Role.PRIVACY, reads=(IDENTITY_LINK,)),
    "link withdraw": _LINK,
    "link restore": _LINK,
    "reference load": Needs(database=_OWNER),
    "analytics refresh": Needs(database=_OWNER),
    "tail": Needs(principal=Role.ANALYST, reads=(ANALYST_CONSULTATION,), database="analyst"),
    "report": Needs(database="analyst"),
    "export create": Needs(database="analyst"),
    "export refresh": Needs(database="analyst"),
    "freeze create": Needs(database="analyst"),
    "freeze list": Needs(database="analyst"),
    "freeze drop": Needs(database="analyst"),
}
"""What each command needs, by its words."""

NO_LOGIN: Final[Mapping[str, str]] = {
    "demo": "starts an embedded stack and uses its logins",
    "up": "starts an embedded stack and makes its logins",
    "down": "stops the embedded stack",
    "top": "reads the metrics of running processes",
    "check": "reads files only",
    "conformance": "starts an embedded stack and makes its logins",
    "sandbox": "starts an embedded stack and makes its logins",
    "dictionary": "describes this release, and writes a file",
    "connect status": "reads the connector's outbox only",
    "connect errors": "reads the connector's outbox only",
    "rules list": "reads files only",
    "simulate small": "writes files only",
    "simulate nation": "writes files only",
    "reference show": "reads files only",
    "reference verify": "reads files only",
    "reference seal": "reads and writes files only",
}
"""Commands that need no login of a cluster or a database, with the reason."""


def logins_for(needs: Needs) -> tuple[str, ...]:
    """Return the logins of which one alone is enough: the command's own, and those of people.

    No login of another process is listed. Empty for a command that does not use Kafka.
    """
    if needs.principal is None:
        return ()
    own = SYSTEMS if needs.principal == SYSTEM else (needs.principal,)
    wanted = [(topic, Right.READ) for topic in needs.reads]
    wanted += [(topic, Right.WRITE) for topic in needs.writes]
    granted = {
        (acl.principal, acl.name, acl.right) for acl in acls("") if acl.resource is Resource.TOPIC
    }
    return tuple(
        login
        for login in map(str, dict.fromkeys((*own, *PEOPLE)))
        if all((login, topic.replace(SYSTEM, login), right) in granted for topic, right in wanted)
    )
