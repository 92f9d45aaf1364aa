"""Make valid synthetic deliveries: ids, items, envelopes and the bytes of a record.

Every national id made here is synthetic (month + 80) with correct control digits.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from hashlib import sha256
from itertools import islice
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import fastavro
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from kpr_stream.keys.envelope import associated_data, content_digest, encrypt
from kpr_stream.keys.keyring import PublicKey
from kpr_stream.model.delivery import Arrived, Decrypted, SourceRecord
from kpr_stream.model.partition import partition_of
from kpr_stream.model.topics import SOURCE_TOPICS, delivery_topic
from kpr_stream.model.words import MessageType, System
from kpr_stream.processor.intake.arrive import arrive
from kpr_stream.processor.intake.decrypt import decrypt_delivery
from kpr_stream.schemas.catalogue import schema
from kpr_stream.schemas.wire import encode

ORG_NR = "974760673"
OTHER_ORG_NR = "983658776"
NOW = datetime(2024, 3, 5, 12, 0, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
KEY_ID = "test-key"
_WEIGHTS = ((3, 7, 6, 1, 8, 9, 4, 5, 2), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2))


@cache
def private_keys() -> dict[str, RSAPrivateKey]:
    """Return the receiver's key of the tests, which is small to be made quickly."""
    return {KEY_ID: rsa.generate_private_key(public_exponent=65537, key_size=2048)}


def synthetic_id(born: date, serial: int = 0, *, day_plus: int = 0, month_plus: int = 80) -> str:
    """Make a number with correct control digits, by default a fødselsnummer like Tenor's.

    ``serial`` selects among those of one birthday; ``day_plus`` 40 makes a D-number.
    """
    first = 0 if born.year < 2000 else 500
    birthday = f"{born.day + day_plus:02}{born.month + month_plus:02}{born:%y}"
    return _numbers(birthday, first)[serial] if serial else next(_made(birthday, first))


def synthetic_fh_number(serial: int = 0) -> str:
    """Make an FH-number with correct control digits."""
    return _numbers("800000", 0)[serial]


@cache
def _numbers(head: str, first: int) -> list[str]:
    return list(islice(_made(head, first), 400))


def _made(head: str, first: int) -> Iterator[str]:
    """Yield numbers with correct control digits, from a head and the first individual number."""
    for number in range(first, first + 500):
        digits = f"{head}{number:03}"
        for weights in _WEIGHTS:
            # There is no control digit 10: such a number gets too long and is skipped.
            total = sum(w * int(d) for w, d in zip(weights, digits, strict=False))
            digits += str(-total % 11)
        if len(digits) == 11:
            yield digits


def consultation(number: int = 0, **changes: Any) -> dict[str, Any]:
    """Make a six-week consultation item without findings. ``changes`` replace fields.

    Each number has another person; 96 persons are born on one day.
    """
    start = datetime(2024, 3, 4, 9, 0, tzinfo=UTC) - timedelta(minutes=15 * number)
    offset = start.astimezone(ZoneInfo("Europe/Oslo")).utcoffset() or timedelta()
    born = start.date() - timedelta(days=44)
    fnr = synthetic_id(born, number % 96)
    return {
        "operation": "upsert",
        "consultation_id": f"k-{number}",
        "service": "HELSESTASJON_0_5",
        "start": start,
        "start_offset_minutes": offset // timedelta(minutes=1),
        "time_precision": "minute",
        "consultation_type": "INDIVIDUELL",
        "contact_form": "PERSONLIG",
        "attendance": "MOTT",
        "programme_step": "6U",
        "duration_minutes": 30,
        "practitioner_roles": ["HELSESYKEPLEIER"],
        "person_local_id": f"p-{number}",
        "fnr": fnr,
        "birth_date": born,
        "sex": "1" if int(fnr[8]) % 2 else "2",
        "weight_g": 4500 + number % 500,
        "length_mm": 560,
        "length_position": "LIGGENDE",
        "breastfeeding": "FULLAMMET",
    } | changes


def appointment(number: int = 0, **changes: Any) -> dict[str, Any]:
    """Make an appointment item without findings."""
    like = consultation(number)
    shared = ("operation", "start", "consultation_type", "fnr", "birth_date", "sex")
    return (
        {"appointment_id": f"a-{number}", "attendance": "PLANLAGT"}
        | {name: like[name] for name in shared}
        | changes
    )


def container(
    items: Sequence[Mapping[str, Any]],
    *,
    message_type: str = MessageType.CONSULTATION,
    codec: str = "deflate",
) -> bytes:
    """Make a clear payload: an Avro object container file."""
    out = io.BytesIO()
    fastavro.writer(out, schema(f"{message_type}_item").parsed, items, codec=codec)
    return out.getvalue()


def source_record(
    items: Sequence[Mapping[str, Any]] = (),
    *,
    system: System = System.VISMA_HSPRO,
    org_nr: str = ORG_NR,
    sequence: int = 1,
    message_type: str = MessageType.CONSULTATION,
    received_at: int = NOW_MS,
    offset: int = 0,
    payload: bytes | None = None,
    encrypted: bool = True,
    receiver: PublicKey | None = None,
    **envelope: Any,
) -> SourceRecord:
    """Make a delivery as a record of its topic.

    ``envelope`` replaces fields of the envelope, ``payload`` the clear payload; a hello has none.
    ``receiver`` is the tests' own key unless given.
    """
    hello = message_type == MessageType.HELLO
    clear = b"" if hello else payload
    if clear is None:
        clear = container(items, message_type=message_type)
    fields: dict[str, Any] = {
        "delivery_id": str(
            UUID(bytes=sha256(f"{org_nr}{system}{sequence}".encode()).digest()[:16])
        ),
        "attempt": 1,
        "message_type": message_type,
        "contract_version": "1",
        "system": system,
        "software_version": "1.0",
        "org_nr": org_nr,
        "municipality_code": "0301",
        "district_code": None,
        "sequence": 0 if hello else sequence,
        "period_from": date(2024, 3, 4),
        "period_to": date(2024, 3, 4),
        "extracted_at": datetime.fromtimestamp(received_at / 1000, UTC) - timedelta(minutes=1),
        "item_count": len(items),
        "content_digest": content_digest(clear),
    } | envelope
    return SourceRecord(
        topic_index=SOURCE_TOPICS.index(delivery_topic(system)),
        partition=partition_of(org_nr),
        offset=offset,
        received_at=received_at,
        key=org_nr.encode(),
        value=encode(
            "delivery", fields | _payload(fields, clear, encrypted and not hello, receiver)
        ),
    )


def opened(items: Sequence[Mapping[str, Any]], **more: Any) -> Decrypted:
    """Make a delivery of ``items`` that has arrived and is decrypted."""
    arrived = arrive(source_record(items, **more))
    assert isinstance(arrived, Arrived), arrived.reason
    found = decrypt_delivery(arrived, private_keys(), allow_clear=False)
    assert isinstance(found, Decrypted), found.reason
    return found


def _payload(
    fields: Mapping[str, Any],
    clear: bytes,
    encrypted: bool,  # noqa: FBT001
    receiver: PublicKey | None,
) -> dict[str, Any]:
    if not encrypted:
        return {"encryption": None, "payload": clear}
    bound = ("org_nr", "system", "sequence", "delivery_id", "message_type", "contract_version")
    # Derived instead of random, so that a record is the same in every run. For tests only.
    seed = sha256(clear + fields["delivery_id"].encode()).digest()
    to = receiver or PublicKey(KEY_ID, private_keys()[KEY_ID].public_key())
    sealed = encrypt(
        clear,
        key_id=to.key_id,
        public_key=to.key,
        content_key=seed,
        nonce=seed[:12],
        bound_to=associated_data(**{name: fields[name] for name in bound}),
    )
    return {
        "encryption": {
            "key_id": sealed.key_id,
            "wrapped_key": sealed.wrapped_key,
            "nonce": sealed.nonce,
        },
        "payload": sealed.ciphertext,
    }
