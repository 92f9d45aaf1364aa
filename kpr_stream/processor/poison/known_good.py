"""Check the receiver's health with a delivery of its own that is known to be good. Pure.

A fault of the receiver that breaks every frame must not refuse every delivery: each unit of the
country would be blocked within minutes, and would have to be unblocked one by one. So the known
good delivery must go through before any delivery is refused for raising, and before a worker joins
the group.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Final, NoReturn

import fastavro

from kpr_stream.errors import LaneError, place_of
from kpr_stream.keys import envelope as keys
from kpr_stream.keys.keyring import KeyRing
from kpr_stream.model.delivery import Arrived, Encryption, Envelope, Prepared, SourceRecord
from kpr_stream.model.words import MessageType, System
from kpr_stream.processor.decide.batch import decide_deliveries
from kpr_stream.processor.decide.delivery import source_id
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.intake.admission import AdmissionPolicy
from kpr_stream.processor.poison.isolate import Work, is_caused_by_input
from kpr_stream.processor.state.contents import Contents
from kpr_stream.processor.state.memory import MemoryLedger
from kpr_stream.schemas.catalogue import schema

_ORG_NR: Final = "974760673"
_AT: Final = datetime(2024, 3, 4, 9, 0, tzinfo=UTC)
_ITEM: Final[Mapping[str, Any]] = {
    "operation": "upsert",
    "consultation_id": "self-test",
    "service": "HELSESTASJON_0_5",
    "start": _AT,
    "start_offset_minutes": 60,
    "time_precision": "minute",
    "consultation_type": "INDIVIDUELL",
    "contact_form": "PERSONLIG",
    "attendance": "MOTT",
    "programme_step": "6U",
    "duration_minutes": 30,
    "practitioner_roles": ["HELSESYKEPLEIER"],
    "person_local_id": "self-test",
    "birth_date": date(2024, 1, 20),
    "sex": "1",
    "weight_g": 4500,
    "length_mm": 560,
    "length_position": "LIGGENDE",
    "breastfeeding": "FULLAMMET",
}
"""A consultation of no person: it carries no national id."""


@dataclass(frozen=True, slots=True, repr=False)
class SelfTest:
    """Two health checks: both raise LaneError if the receiver fails at the known good delivery."""

    work: Work
    sample: Arrived
    emitter: Emitter

    def prepares(self) -> None:
        """Decrypt and frame the delivery."""
        self._prepared()

    def decides(self) -> None:
        """Decrypt, frame and decide the delivery, over an empty ledger. Nothing is kept."""
        prepared = self._prepared()
        emitter = replace(self.emitter, policy=AdmissionPolicy())
        try:
            batch = decide_deliveries(
                [self.sample],
                {source_id(self.sample.source): prepared},
                MemoryLedger(),
                emitter,
                Contents(),
            )
        except BaseException as cause:  # noqa: BLE001 - a panic of a library is no Exception
            _fails("deciding", cause)
        if not batch.deliveries or not batch.deliveries[0].outcomes:
            _fails("deciding", None)

    def _prepared(self) -> Prepared:
        try:
            (result,) = self.work([self.sample])
        except BaseException as cause:  # noqa: BLE001 - as above
            _fails("preparing", cause)
        if not isinstance(result, Prepared):
            _fails("preparing", None)
        return result


def self_test(work: Work, keys_of_ours: KeyRing, emitter: Emitter) -> SelfTest:
    """The self-test, with a delivery that is encrypted to the receiver's own key."""
    return SelfTest(work, _sample(keys_of_ours), emitter)


def _sample(ours: KeyRing) -> Arrived:
    body = io.BytesIO()
    fastavro.writer(body, schema("consultation_item").parsed, [_ITEM], codec="deflate")
    clear = body.getvalue()
    bound = {
        "org_nr": _ORG_NR,
        "system": System.VISMA_HSPRO,
        "sequence": 1,
        "delivery_id": "00000000-0000-0000-0000-000000000000",
        "message_type": MessageType.CONSULTATION,
        "contract_version": str(schema("consultation_item").version),
    }
    key_id, private = next(iter(ours.private_keys.items()))
    # This key protects no secret: its content is written above.
    sealed = keys.encrypt(
        clear,
        key_id=key_id,
        public_key=private.public_key(),
        content_key=bytes(keys.CONTENT_KEY_BYTES),
        nonce=bytes(keys.NONCE_BYTES),
        bound_to=keys.associated_data(**bound),  # type: ignore[arg-type] # as typed in the literal
    )
    at = int(_AT.timestamp() * 1000)
    return Arrived(
        SourceRecord(
            topic_index=0, partition=0, offset=0, received_at=at, key=_ORG_NR.encode(), value=None
        ),
        Envelope(
            attempt=1,
            software_version="self-test",
            municipality_code="0301",
            district_code=None,
            extracted_at=at,
            item_count=1,
            content_digest=keys.content_digest(clear),
            encryption=Encryption(sealed.key_id, sealed.wrapped_key, sealed.nonce),
            payload=sealed.ciphertext,
            **bound,  # type: ignore[arg-type] # the same
        ),
    )


def _fails(at_what: str, cause: BaseException | None) -> NoReturn:
    if cause is not None and not is_caused_by_input(cause):
        raise cause
    reason = "it is refused" if cause is None else place_of(cause)
    raise LaneError(
        f"The receiver fails at {at_what} its own delivery that is known to be good ({reason}).",
        what_to_do="No sender is to blame, and no delivery is refused. Fix this release or go back "
        "to the one before. All deliveries wait.",
    ) from None
