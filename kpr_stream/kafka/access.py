"""Decide how a process reaches Kafka: from the settings, or from the embedded stack's files.

Needs no Kafka client, so that every command starts without the extras.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from kpr_stream.errors import BrokerError
from kpr_stream.home import require_tls, stack_address, stored_login
from kpr_stream.kafka.failures import meaning_of
from kpr_stream.kafka.foreign import RecordPlace, read_places
from kpr_stream.model.environment import Environment
from kpr_stream.settings import SecurityProtocol, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaAccess:
    """Address, login and encryption with which one principal reaches the broker."""

    bootstrap: str
    security_protocol: SecurityProtocol
    mechanism: str
    username: str
    password: SecretStr
    ca_file: Path | None
    environment: Environment
    """Of this process: a cluster of another one is refused (``kafka/environment.py``)."""
    skipped: frozenset[RecordPlace] = frozenset()
    """Foreign records that readers leave out."""

    def for_aiokafka(self) -> dict[str, Any]:
        """Return the keyword arguments of any aiokafka client."""
        tls = self.security_protocol is SecurityProtocol.SASL_SSL
        return {
            "bootstrap_servers": self.bootstrap,
            "security_protocol": self.security_protocol.value,
            "sasl_mechanism": self.mechanism,
            "sasl_plain_username": self.username,
            "sasl_plain_password": self.password.get_secret_value(),
            "ssl_context": ssl.create_default_context(cafile=self.ca_file) if tls else None,
        }

    def for_librdkafka(self) -> dict[str, str]:
        """Return the configuration of any librdkafka client."""
        settings = {
            "bootstrap.servers": self.bootstrap,
            "security.protocol": self.security_protocol.value,
            "sasl.mechanism": self.mechanism,
            "sasl.username": self.username,
            "sasl.password": self.password.get_secret_value(),
        }
        if self.ca_file is not None:
            settings["ssl.ca.location"] = str(self.ca_file)
        return settings

    def failed(self, cause: BaseException) -> BrokerError:
        """Return the error of a client's failure, with the address and what to do."""
        meaning = meaning_of(cause)
        text = meaning.text.format(user=self.username, kind=type(cause).__name__)
        return BrokerError(f"Kafka at {self.bootstrap} {text}", what_to_do=meaning.what_to_do)


def kafka_access(settings: Settings, principal: str) -> KafkaAccess:
    """Return how ``principal`` reaches the broker; the error names the setting that is missing."""
    _require_tls(settings)
    username = settings.kafka_username or principal
    bootstrap = settings.kafka_bootstrap or stack_address(settings, "kafka")
    password = settings.kafka_password or stored_login(settings, "kafka", username)
    return KafkaAccess(
        bootstrap=bootstrap,
        security_protocol=settings.kafka_security_protocol,
        mechanism=settings.kafka_sasl_mechanism.value,
        username=username,
        password=password,
        ca_file=settings.kafka_ca_file,
        environment=settings.environment,
        skipped=read_places(settings.skip_records),
    )


def _require_tls(settings: Settings) -> None:
    protocol = settings.kafka_security_protocol
    require_tls(
        settings,
        encrypted=protocol is SecurityProtocol.SASL_SSL,
        what=f"Kafka without TLS ({protocol})",
        how="Set KPR_KAFKA_SECURITY_PROTOCOL=SASL_SSL.",
    )
