"""Number and seal the payloads of units, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from kpr_stream.connectors.delivery.pack import Packed
from kpr_stream.connectors.delivery.seal import DeliveryHeader, new_delivery_id, seal_delivery
from kpr_stream.keys.keyring import PublicKey


@dataclass(frozen=True, slots=True)
class UnitPayloads:
    """The payloads of one unit with what their envelopes say."""

    org_nr: str
    header: DeliveryHeader
    payloads: Sequence[Packed]


@dataclass(frozen=True, slots=True)
class Numbered:
    """A sealed delivery."""

    delivery_id: str
    org_nr: str
    sequence: int
    item_count: int
    record: bytes
    contents: bytes


def numbered(
    parts: Iterable[UnitPayloads],
    numbers: Mapping[str, int],
    key: PublicKey,
    new_id: Callable[[], str] = new_delivery_id,
) -> list[list[Numbered]]:
    """Return the deliveries of each part, from the next sequence of its unit in ``numbers``.

    A unit that is in several parts continues its numbering. One without a number has none.
    """
    following = dict(numbers)
    return [
        [_sealed(part, packed, following, key, new_id()) for packed in part.payloads]
        if part.org_nr in following
        else []
        for part in parts
    ]


def _sealed(
    part: UnitPayloads, packed: Packed, following: dict[str, int], key: PublicKey, delivery_id: str
) -> Numbered:
    sequence = following[part.org_nr]
    following[part.org_nr] += 1
    record = seal_delivery(
        packed,
        part.header,
        org_nr=part.org_nr,
        sequence=sequence,
        delivery_id=delivery_id,
        key=key,
    )
    return Numbered(delivery_id, part.org_nr, sequence, packed.item_count, record, packed.contents)
