"""Settings of every Kafka client of a connector."""

from __future__ import annotations

from typing import Final

CLIENT_ID: Final = "kpr-stream-connect"
REQUEST_TIMEOUT_MS: Final = 10_000
"""A broker that takes longer counts as away. With aiokafka's default that takes 40 s to notice."""
