"""Judge one record as the receiver would, and find every further cause of a refusal. Pure.

The receiver stops at the first thing that is wrong. A vendor's dry run goes through all checks that
the bytes allow, and names each cause.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from kpr_stream.dry_receiver.keys import dry_keyring
from kpr_stream.dry_receiver.payload import payload_causes
from kpr_stream.dry_receiver.receiver import DryReceiver
from kpr_stream.model.delivery import (
    Arrived,
    Decrypted,
    DeliveryRefused,
    Envelope,
    Prepared,
    SourceRecord,
)
from kpr_stream.model.org_numbers import is_org_nr
from kpr_stream.model.topics import receipt_topic
from kpr_stream.model.unit import UnitState
from kpr_stream.model.words import SYSTEMS, Cause, MessageType
from kpr_stream.processor.frame.prepare import FrameContext, prepare
from kpr_stream.processor.intake.admission import AdmissionPolicy, of_this_environment
from kpr_stream.processor.intake.arrive import read_envelope
from kpr_stream.processor.intake.decrypt import decrypt_delivery
from kpr_stream.processor.pipeline import decrypt_and_frame
from kpr_stream.processor.worker.emitter import build_emitter


@dataclass(frozen=True, slots=True)
class DryAnswer:
    """What the receiver answers, and every cause that would refuse the delivery."""

    receipt: tuple[dict[str, Any], ...]
    """The parts of the receipt, version 2."""
    causes: tuple[Cause, ...]
    """In the order of the checks: the first is the receipt's, the others would follow it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """What one record is judged by: rules, keys, and whether clear payloads are taken."""

    context: FrameContext
    private_keys: Mapping[str, RSAPrivateKey]
    allow_clear: bool = False

    def receiver(self, policy: AdmissionPolicy | None = None) -> DryReceiver:
        """Return a receiver that has seen nothing; by default every sender is admitted."""
        admits = policy or AdmissionPolicy(synthetic_units=self.context.synthetic_ids)
        emitter = build_emitter(
            dry_keyring(self.private_keys),
            self.context,
            admits,
            receipt_v2_systems=frozenset(SYSTEMS),
        )
        return DryReceiver(emitter, decrypt_and_frame(self._decrypt, self._frame))

    def answer(self, record: SourceRecord) -> DryAnswer:
        """Judge one record as the next delivery of its unit."""
        receiver = self.receiver()
        envelope, causes = read_envelope(record)
        if envelope is not None and _can_be_next(envelope):
            state = UnitState(
                org_nr=envelope.org_nr, system=envelope.system, next_sequence=envelope.sequence
            )
            receiver.expect(state, record)
        receiver.take(record)
        topic = receipt_topic(SYSTEMS[record.topic_index])
        found = [*causes]
        if envelope is not None:
            here = of_this_environment(Arrived(record, envelope), receiver.emitter.policy)
            found += [here.cause] if isinstance(here, DeliveryRefused) else []
        # A payload is bound to its system, so that of another system's topic cannot be opened.
        if envelope is not None and Cause.WRONG_SYSTEM not in found:
            found += payload_causes(
                Arrived(record, envelope),
                self.private_keys,
                self._frame,
                allow_clear=self.allow_clear,
            )
        return DryAnswer(tuple(receiver.read(topic, "receipt")), tuple(dict.fromkeys(found)))

    def _decrypt(self, arrived: Arrived) -> Decrypted | DeliveryRefused:
        return decrypt_delivery(arrived, self.private_keys, allow_clear=self.allow_clear)

    def _frame(self, opened: Sequence[Decrypted]) -> Sequence[Prepared | DeliveryRefused]:
        return prepare(opened, context=self.context)


def _can_be_next(envelope: Envelope) -> bool:
    return (
        envelope.message_type != MessageType.HELLO
        and envelope.sequence >= 1
        and is_org_nr(envelope.org_nr, synthetic_too=True)
    )
