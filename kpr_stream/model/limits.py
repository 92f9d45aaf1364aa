"""Limits that several rooms share.

``RECEIVER`` is the one table of what a delivery may be. The receiver refuses what is beyond it, and
the connector cuts by it (``connectors/delivery/pack.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

FRAME_MAX_ITEMS: Final = 1000
"""Default of the items in a micro-batch. The dry run uses the same number, without the settings:
a vendor's dry run needs Polars and fastavro only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryLimits:
    """The most that one delivery may have of each."""

    items: int
    """Bounds the time one delivery can hold a lane."""
    item_bytes: int
    """Avro bytes of one item. A rejected item is one record on the quarantine topic, whose records
    and the worker's requests end at 1 MB."""
    inflated_bytes: int
    """Avro bytes of all items. A 1 MB deflate bomb would otherwise take hundreds of MB."""
    record_bytes: int
    """The whole record on the delivery topic: the encrypted payload and its envelope."""


RECEIVER: Final = DeliveryLimits(
    items=20_000, item_bytes=900_000, inflated_bytes=16_000_000, record_bytes=4_000_000
)
"""What the receiver takes. Part of the contract with senders (docs/vendor/receipts.md)."""

ENVELOPE_BYTES: Final = 16_000
"""Room in a record for all but the clear payload: the fields of the envelope, the wrapped key, the
tag of the encryption, and Kafka's own headers of a batch."""

SOFTWARE_VERSION_CHARS: Final = 100
"""Longest software version that a connector sends. The version is a key of the register's table of
releases."""

CLOCK_TOLERANCE_MS: Final = 10 * 60 * 1000
"""How far ahead of the broker a sender's clock may be. Newer content wins by the time of
extraction, so a wrong clock would win over every later correction."""

MAX_SEARCHED_BYTES: Final = 200
"""Bytes of a sender's own id or name, in UTF-8. A longer text is no id, is set aside and is not
searched for a national id."""

MAX_UNREADABLE_NAMES: Final = 100
"""Names in an item's list of unreadable fields. The contract has fewer fields; later names are not
looked at."""

MAX_ROLES: Final = 50
"""Practitioner roles of an item. There are some 20 codes; a longer list would make a record that no
broker takes."""
