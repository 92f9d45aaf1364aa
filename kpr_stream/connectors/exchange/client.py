"""What every Kafka client of a connector is started with."""

from __future__ import annotations

from typing import Final

CLIENT_ID: Final = "kpr-stream-connect"
REQUEST_TIMEOUT_MS: Final = 10_000
"""A broker that takes longer is not there; without it the first failure shows after 40 s."""
