"""Decide records with the worker's code, and play the faults that concern a decision. Pure.

One dry receiver for each lane, as a worker has one ledger for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from kpr_stream.dry_receiver.dry_run import DryRun
from kpr_stream.dry_receiver.receiver import DryReceiver
from kpr_stream.errors import ContractError
from kpr_stream.model.delivery import (
    Arrived,
    DeliveryRefused,
    Envelope,
    Prepared,
    SourceRecord,
)
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.release import release_key
from kpr_stream.model.topics import PARTITIONS, receipt_topic
from kpr_stream.model.words import SYSTEMS, System
from kpr_stream.processor.frame.prepare import FrameContext
from kpr_stream.processor.intake.admission import AdmissionPolicy
from kpr_stream.processor.intake.arrive import read_envelope
from kpr_stream.processor.intake.decrypt import clear_payload
from kpr_stream.schemas import wire
from kpr_stream.schemas.catalogue import schema
from kpr_stream.trial_receiver.faults import FaultKind, PendingFaults

RECEIPT: Final = "receipt"


class _PlayedFaultError(Exception):
    """Raised in the place of a mistake of the receiver."""


@dataclass(slots=True)
class TrialLanes:
    """The eight lanes of one trial, with the keys and faults of the moment."""

    context: FrameContext
    private_keys: dict[str, RSAPrivateKey]
    """Changed when the key is replaced."""
    faults: PendingFaults = field(default_factory=PendingFaults)
    _lanes: dict[int, DryReceiver] = field(default_factory=dict)

    def answer(self, record: SourceRecord) -> list[OutputRecord]:
        """Decide one record, and return its receipt: one record for each part."""
        lane = self._lane(record.partition)
        envelope, _ = read_envelope(record)
        org_nr = "" if envelope is None else envelope.org_nr
        system = SYSTEMS[record.topic_index]
        lane.emitter = replace(
            lane.emitter,
            policy=self._policy(envelope, system),
            receipt_v2_systems=frozenset(SYSTEMS if self.faults.receipt_version == 2 else ()),
        )
        work, failed = lane.work, False

        def failing(chosen: Sequence[Arrived]) -> Sequence[Prepared | DeliveryRefused]:
            nonlocal failed
            if self.faults.due(FaultKind.RECEIVER_FAILED, org_nr):
                failed = True
                raise _PlayedFaultError
            return work(chosen)

        lane.work = failing
        try:
            decided = lane.take(record)
        finally:
            lane.work = work
        if failed:
            self.faults.take(FaultKind.RECEIVER_FAILED, org_nr)
        topic = receipt_topic(system)
        written = [output for output in decided.outputs if output.topic == topic]
        return split(written, self.faults.part_items)

    def clear_of(self, envelope: Envelope | None) -> bytes | None:
        """Return the payload before encryption; None if it does not decrypt now."""
        if envelope is None or envelope.encryption is None:
            return None
        try:
            return clear_payload(envelope, self.private_keys)
        except ContractError:
            return None

    def _lane(self, partition: int) -> DryReceiver:
        if partition not in self._lanes:
            if not 0 <= partition < PARTITIONS:
                raise ValueError(f"There is no lane {partition}.")
            self._lanes[partition] = DryRun(
                context=self.context, private_keys=self.private_keys
            ).receiver()
        return self._lanes[partition]

    def _policy(self, envelope: Envelope | None, system: System) -> AdmissionPolicy:
        stopped = envelope is not None and self.faults.stopped
        version = "" if envelope is None else envelope.software_version
        return AdmissionPolicy(
            synthetic_units=self.context.synthetic_ids,
            stopped_releases=frozenset({release_key(system, version)} if stopped else ()),
        )


def split(receipts: list[OutputRecord], part_items: int) -> list[OutputRecord]:
    """Divide a receipt of one part into parts of at most so many items; 0: leave it as it is."""
    if part_items == 0 or len(receipts) != 1:
        return receipts
    (whole,) = receipts
    record = decoded(whole)
    items = record["items"]
    chunks = [items[n : n + part_items] for n in range(0, len(items), part_items)]
    if len(chunks) < 2:
        return receipts
    version = schema(RECEIPT, 2 if _version_2(whole) else 1)
    return [
        whole._replace(
            value=wire.encode_with(
                version,
                {name: record[name] for name in version.field_names}
                | {
                    "items": chunk,
                    "texts": record["texts"] if part == 1 else [],
                    "part": part,
                    "parts": len(chunks),
                },
            )
        )
        for part, chunk in enumerate(chunks, start=1)
    ]


def decoded(receipt: OutputRecord) -> dict[str, Any]:
    """Return the content of a part of a receipt, in the newest version's fields."""
    return wire.decode(RECEIPT, receipt.value or b"")


def _version_2(receipt: OutputRecord) -> bool:
    return (receipt.value or b"")[:5] == b"\0" + schema(RECEIPT, 2).id.to_bytes(4, "big")
