"""Records about links between person keys, and about a unit's own ids of its persons. Pure."""

from __future__ import annotations

from typing import Any

from kpr_stream.model import topics
from kpr_stream.model.delivery import Arrived, Envelope, SourceRecord
from kpr_stream.model.header import NO_KEY, HeaderStatus, LedgerHeader
from kpr_stream.model.link import Evidence, Pair, Withdrawal
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.words import system_number
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.schemas import wire


def link_record(
    emitter: Emitter,
    source: SourceRecord,
    pair: Pair,
    *,
    evidence: Evidence,
    evidence_key: bytes = NO_KEY,
    withdrawn: Withdrawal | None = None,
    envelope: Envelope | None = None,
) -> OutputRecord:
    """Return the record of a link, live unless ``withdrawn`` says why not.

    ``evidence_key`` is that of the item or local person, NO_KEY for an operator; ``envelope`` is
    the delivery's, None for an operator.
    """
    header = LedgerHeader.caused_by(
        source,
        HeaderStatus.DELETED if withdrawn else HeaderStatus.LIVE,
        natural_key=pair.other,
        person_key=pair.person,
        content_hash=evidence_key,
    )
    record = {
        "person_key": pair.person.hex(),
        "other_key": pair.other.hex(),
        "evidence": evidence.value,
        "evidence_key": None if evidence_key == NO_KEY else evidence_key.hex(),
        "withdrawn": withdrawn is not None,
        "withdrawn_because": withdrawn.value if withdrawn else None,
        "org_nr": envelope.org_nr if envelope else None,
        "system": envelope.system.value if envelope else None,
    }
    return _record(source, emitter.pseudonyms.link_key(evidence_key, *pair), record, header)


def local_id_record(
    emitter: Emitter, arrived: Arrived, *, person: bytes, local: bytes, born: bytes
) -> OutputRecord:
    """Return the record that a unit reports its own person ``local`` under a national id.

    ``born`` is the keyed hash of the birth date, NO_KEY if unknown.
    """
    envelope = arrived.envelope
    header = LedgerHeader.caused_by(
        arrived.source,
        HeaderStatus.LIVE,
        extracted_at=envelope.extracted_at,
        sequence=envelope.sequence,
        natural_key=local,
        person_key=person,
        content_hash=born,
        system=system_number(envelope.system),
    )
    record = {
        "person_key": person.hex(),
        "other_key": local.hex(),
        "evidence": Evidence.LOCAL_ID.value,
        "evidence_key": local.hex(),
        "withdrawn": False,
        "withdrawn_because": None,
        "org_nr": envelope.org_nr,
        "system": envelope.system.value,
    }
    key = emitter.pseudonyms.link_key(local, person, local)
    return _record(arrived.source, key, record, header)


def _record(
    source: SourceRecord, key: bytes, record: dict[str, Any], header: LedgerHeader
) -> OutputRecord:
    value = wire.encode(
        "identity_link", {**record, "link_key": key.hex(), "changed_at": source.received_at}
    )
    return OutputRecord(topics.IDENTITY_LINK, key.hex().encode(), value, header, source.received_at)
