from __future__ import annotations

from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from kpr_stream.connectors.delivery.seal import EMPTY, DeliveryHeader, seal_delivery, with_attempt
from kpr_stream.errors import DecryptionError
from kpr_stream.keys.envelope import EncryptedPayload, associated_data, decrypt
from kpr_stream.keys.keyring import PublicKey
from kpr_stream.model.words import MessageType, System
from kpr_stream.schemas import wire

SECRET = rsa.generate_private_key(public_exponent=65537, key_size=2048)
HEADING = DeliveryHeader(
    system=System.EG_INFODOC,
    software_version="7.4",
    message_type=MessageType.HELLO,
    contract_version="1",
    municipality_code="0301",
    district_code=None,
    period_from=date(2025, 1, 1),
    period_to=date(2025, 1, 31),
    extracted_at=1738382400000,
)


def closed(sequence: int = 0) -> bytes:
    key = PublicKey("key-1", SECRET.public_key())
    return seal_delivery(
        EMPTY, HEADING, org_nr="800000009", sequence=sequence, delivery_id="d-1", key=key
    )


def test_only_the_attempt_differs_from_one_sending_to_the_next() -> None:
    record = closed()
    first, second = (wire.decode("delivery", with_attempt(record, n)) for n in (1, 2))
    assert (first.pop("attempt"), second.pop("attempt")) == (1, 2)
    assert first == second
    assert first["item_count"] == 0
    assert first["extracted_at"].isoformat() == "2025-02-01T04:00:00+00:00"


def test_every_delivery_has_its_own_content_key() -> None:
    first, second = (wire.decode("delivery", closed())["encryption"] for _ in range(2))
    assert first["wrapped_key"] != second["wrapped_key"]
    assert first["nonce"] != second["nonce"]


@pytest.mark.parametrize("sequence", [0, 1])
def test_a_payload_opens_under_its_own_number_only(sequence: int) -> None:
    delivery = wire.decode("delivery", closed(sequence=0))
    bound_to = associated_data(
        org_nr="800000009",
        system=System.EG_INFODOC,
        sequence=sequence,
        delivery_id="d-1",
        message_type=MessageType.HELLO,
        contract_version="1",
    )
    encrypted = EncryptedPayload(ciphertext=delivery["payload"], **delivery["encryption"])
    if sequence == 0:
        assert decrypt(encrypted, private_keys={"key-1": SECRET}, bound_to=bound_to) == b""
    else:
        with pytest.raises(DecryptionError):
            decrypt(encrypted, private_keys={"key-1": SECRET}, bound_to=bound_to)
