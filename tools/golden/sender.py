"""Makes the records of a golden case: always the same bytes.

RSA-OAEP is randomised. So every delivery here has the content key and the wrapped key of the first
encryption vector, and a nonce of its own. A real sender makes a new content key for each delivery.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from hashlib import sha256
from itertools import islice
from typing import Any, Final
from uuid import UUID

import fastavro
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from stdnum.no import orgnr

from kpr_stream.keys.envelope import NONCE_BYTES, associated_data, content_digest
from kpr_stream.model.partition import partition_of
from kpr_stream.model.words import MessageType, Outcome, ReceiptStatus, System
from kpr_stream.schemas.catalogue import schema
from kpr_stream.schemas.wire import encode
from tests.support.repository import SCHEMAS
from tools.golden.case import Sent

SYSTEM: Final = System.VISMA_HSPRO
OTHER_SYSTEM: Final = System.EG_INFODOC
FIRST_TIME: Final = datetime(2024, 3, 5, 12, 0, tzinfo=UTC)
"""The broker's time of the first record of a case; each later one comes a minute after."""
_ORG_NUMBERS: Final = range(310_000_000, 320_000_000)
"""Synthetic units begin with 2 or 3."""
SYNC_MARKER: Final = b"kpr-golden-bytes"
BOUND: Final = (
    *("org_nr", "system", "sequence", "delivery_id", "message_type", "contract_version"),
)


@dataclass(slots=True)
class Sender:
    """The senders of one unit. Counts its records, so that each has a time and a nonce."""

    name: str
    org_nr: str
    sent: list[Sent] = field(default_factory=list)

    def send(
        self,
        items: Sequence[Mapping[str, Any]] = (),
        *,
        status: ReceiptStatus = ReceiptStatus.PROCESSED,
        clear: bytes | None = None,
        message_type: MessageType = MessageType.CONSULTATION,
        system: System = SYSTEM,
        encryption: Mapping[str, Any] | None = None,
        codec: str = "null",
        outcomes: Mapping[Outcome, int] | None = None,
        changes: Mapping[str, Any] | None = None,
        **envelope: Any,
    ) -> dict[str, Any]:
        """Send a delivery; returns its envelope. ``envelope`` replaces fields of the envelope.

        ``clear`` is the clear payload, ``encryption`` replaces parts of the encryption, ``changes``
        fields that are parameters here too.
        """
        hello = message_type is MessageType.HELLO
        wanted = {k: v for k, v in envelope.items() if k not in _EXPECTED} | dict(changes or {})
        expected = {k: v for k, v in envelope.items() if k in _EXPECTED}
        payload = b"" if hello else clear
        if payload is None:
            payload = container(items, message_type, codec=codec)
        sequence = 0 if hello else 1
        fields = self._envelope(message_type, system, sequence, items, payload) | wanted
        fields["delivery_id"] = wanted.get("delivery_id") or self._delivery_id(fields["sequence"])
        if not hello and "payload" not in wanted:
            fields |= self._encrypted(fields, payload, encryption or {})
        self.put(
            encode("delivery", fields), status=status, system=system, outcomes=outcomes, **expected
        )
        return fields

    def put(
        self,
        value: bytes | None,
        *,
        status: ReceiptStatus = ReceiptStatus.REFUSED,
        system: System = SYSTEM,
        key: bytes | None = None,
        partition: int | None = None,
        outcomes: Mapping[Outcome, int] | None = None,
        **expected: Any,
    ) -> None:
        """Send a record as it is."""
        self.sent.append(
            Sent(
                system=system,
                key=self.org_nr.encode() if key is None else key,
                partition=partition_of(self.org_nr) if partition is None else partition,
                value=value,
                status=status,
                outcomes=outcomes or {},
                **expected,
            )
        )

    def _envelope(
        self,
        message_type: MessageType,
        system: System,
        sequence: int,
        items: Sequence[Mapping[str, Any]],
        payload: bytes,
    ) -> dict[str, Any]:
        return {
            "attempt": 1,
            "message_type": message_type.value,
            "contract_version": "1",
            "system": system.value,
            "software_version": f"golden-{self.name}",
            "org_nr": self.org_nr,
            "municipality_code": "0301",
            "district_code": None,
            "sequence": sequence,
            "period_from": date(2024, 3, 4),
            "period_to": date(2024, 3, 4),
            "extracted_at": time_of(len(self.sent)) - timedelta(minutes=1),
            "item_count": len(items),
            "content_digest": content_digest(payload),
            "encryption": None,
            "payload": b"",
        }

    def _delivery_id(self, sequence: int) -> str:
        seed = sha256(f"{self.name}/{self.org_nr}/{sequence}".encode()).digest()[:16]
        return str(UUID(bytes=seed, version=4))

    def _encrypted(
        self, fields: Mapping[str, Any], clear: bytes, changes: Mapping[str, Any]
    ) -> dict[str, Any]:
        key, wrapped, key_id = vector_key()
        nonce = sha256(f"{self.name}/{len(self.sent)}".encode()).digest()[:NONCE_BYTES]
        bound_to = associated_data(**{name: fields[name] for name in BOUND})
        own = {"key_id": key_id, "wrapped_key": wrapped, "nonce": nonce}
        encryption = {**own, **changes}
        return {"encryption": encryption, "payload": AESGCM(key).encrypt(nonce, clear, bound_to)}


_EXPECTED: Final = frozenset({"cause", "notes", "parts", "key", "partition", "zeros"})
"""Keywords of ``send`` that are no fields of the envelope."""


def time_of(number: int) -> datetime:
    """The broker's time of a case's record, counted from 0."""
    return FIRST_TIME + timedelta(minutes=number)


def golden_unit(number: int) -> str:
    """A synthetic unit for the case at this place, counted from 0."""
    return next(islice(filter(orgnr.is_valid, map(str, _ORG_NUMBERS)), number, None))


def container(
    items: Sequence[Mapping[str, Any]],
    message_type: MessageType = MessageType.CONSULTATION,
    *,
    codec: str = "null",
) -> bytes:
    """An Avro object container file with the contract's schema, without its documentation."""
    out = io.BytesIO()
    parsed = fastavro.parse_schema(contract_schema(message_type))
    fastavro.writer(out, parsed, items, codec=codec, sync_marker=SYNC_MARKER)
    return out.getvalue()


def contract_schema(message_type: MessageType) -> Any:
    """The schema of a message type as JSON, without documentation: the same contract, shorter."""
    return _without_docs(json.loads(schema(f"{message_type}_item").text))


def _without_docs(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_docs(part) for part in node]
    if isinstance(node, dict):
        return {name: _without_docs(part) for name, part in node.items() if name != "doc"}
    return node


@cache
def vector_key() -> tuple[bytes, bytes, str]:
    """The content key of the first encryption vector, the same wrapped, and the id of the key."""
    vectors = json.loads((SCHEMAS / "encryption_vectors.json").read_text("utf-8"))
    first = vectors["vectors"][0]
    return (
        bytes.fromhex(first["content_key"]),
        base64.b64decode(first["wrapped_key_base64"]),
        vectors["test_key_id"],
    )
