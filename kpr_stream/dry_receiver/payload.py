"""Find every cause that a payload would be refused for, not only the first. Pure.

Each round opens the payload with the receiver's own function. If a fault of the envelope is the
cause, the next round repairs that fault first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from kpr_stream.keys.envelope import content_digest
from kpr_stream.model.delivery import Arrived, Decrypted, DeliveryRefused, Envelope, Prepared
from kpr_stream.model.words import Cause, MessageType
from kpr_stream.processor.intake.arrive import item_contract
from kpr_stream.processor.intake.decrypt import clear_payload, decrypt_delivery
from kpr_stream.schemas.container import read_container

Frame = Callable[[Sequence[Decrypted]], Sequence[Prepared | DeliveryRefused]]

_REPAIRED: Final = (Cause.CLEAR_PAYLOAD, Cause.DIGEST_MISMATCH, Cause.COUNT_MISMATCH)
"""Causes after which the payload can be read all the same. Each occurs once."""


def payload_causes(
    arrived: Arrived,
    private_keys: Mapping[str, RSAPrivateKey],
    frame: Frame,
    *,
    allow_clear: bool,
) -> Iterator[Cause]:
    """Yield the causes in the order of the receiver's checks; none of a hello."""
    envelope = arrived.envelope
    if not _has_contract(envelope):
        return
    for _ in range(len(_REPAIRED) + 1):
        opened = decrypt_delivery(
            Arrived(arrived.source, envelope), private_keys, allow_clear=allow_clear
        )
        if isinstance(opened, Decrypted):
            (result,) = frame([opened])
            if isinstance(result, DeliveryRefused):
                yield result.cause
            return
        yield opened.cause
        if opened.cause not in _REPAIRED:
            return
        allow_clear = allow_clear or opened.cause is Cause.CLEAR_PAYLOAD
        envelope = _repaired(envelope, opened.cause, private_keys)


def _has_contract(envelope: Envelope) -> bool:
    return item_contract(envelope.message_type, envelope.contract_version) is not None


def _repaired(
    envelope: Envelope, cause: Cause, private_keys: Mapping[str, RSAPrivateKey]
) -> Envelope:
    if cause is Cause.CLEAR_PAYLOAD:
        return envelope
    clear = clear_payload(envelope, private_keys)
    if cause is Cause.DIGEST_MISMATCH:
        return replace(envelope, content_digest=content_digest(clear))
    count = count_items(clear, envelope.message_type, envelope.contract_version)
    return replace(envelope, item_count=count)


def count_items(clear: bytes, message_type: str, contract_version: str) -> int:
    """Return the number of items of a container; ContainerError if it is not readable."""
    contract = item_contract(message_type, contract_version)
    if contract is None:
        raise ValueError(f"There is no contract for {message_type or MessageType.HELLO}.")
    return sum(count for count, _ in read_container(clear, contract))
