"""Where things are and as whom we come: addresses and logins for every process.

What the settings do not name is taken from the embedded stack's own files under ``home``:
``stack.json`` (addresses, written by ``kpr-stream up``) and ``credentials.json`` (logins).
"""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import SecretStr

from kpr_stream.errors import BrokerError, ConfigurationError, StackError
from kpr_stream.keys.keyring import KeyRing, PublicKey, read_keyring, read_public_key
from kpr_stream.settings import SecurityProtocol, Settings

STACK_FILE = "stack.json"
CREDENTIALS_FILE = "credentials.json"
KEYRING_FILE = "keys/keyring.json"
PUBLIC_KEY_FILE = "keys/public_keys.json"


@dataclass(frozen=True, slots=True)
class KafkaAccess:
    """How to reach the broker as one principal."""

    bootstrap: str
    security_protocol: SecurityProtocol
    mechanism: str
    username: str
    password: SecretStr
    ca_file: Path | None

    def for_aiokafka(self) -> dict[str, Any]:
        """Keyword arguments of any aiokafka client."""
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
        """Configuration of any librdkafka client."""
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
        """The cause of a client's failure, told with the address and what to do."""
        kind = type(cause).__name__
        if "Authentication" in kind or "SASL" in str(cause):
            return BrokerError(
                f"Kafka at {self.bootstrap} refuses the login of {self.username}.",
                what_to_do="Check KPR_KAFKA_USERNAME and KPR_KAFKA_PASSWORD.",
            )
        if "Authorization" in kind:
            return BrokerError(
                f"Kafka at {self.bootstrap} does not allow {self.username} to do this ({kind}).",
                what_to_do="Compare the cluster's ACLs with docs/operate/topics.md.",
            )
        return BrokerError(
            f"Kafka at {self.bootstrap} cannot be reached ({kind}).",
            what_to_do="Check that it runs (`kpr-stream status`) and that the address is right.",
        )


def kafka_access(settings: Settings, principal: str) -> KafkaAccess:
    """How ``principal`` reaches the broker; names what is missing if it cannot be known."""
    username = settings.kafka_username or principal
    bootstrap = settings.kafka_bootstrap or stack_address(settings, "kafka")
    password = settings.kafka_password or _stored_login(settings, "kafka", username)
    return KafkaAccess(
        bootstrap=bootstrap,
        security_protocol=settings.kafka_security_protocol,
        mechanism=settings.kafka_sasl_mechanism,
        username=username,
        password=password,
        ca_file=settings.kafka_ca_file,
    )


def postgres_dsn(settings: Settings, role: str) -> SecretStr:
    """DSN of a database role: the setting, or the embedded server's with the stored password."""
    if settings.postgres_dsn is not None:
        return settings.postgres_dsn
    address = stack_address(settings, "postgres")
    password = quote(_stored_login(settings, "postgres", role).get_secret_value(), safe="")
    return SecretStr(f"postgresql://{quote(role, safe='')}:{password}@{address}")


def keyring(settings: Settings) -> KeyRing:
    """The receiver's secrets; read once, unless the file changes: its keys take 0.1 s to check."""
    path = settings.keyring_file or settings.home / KEYRING_FILE
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        return read_keyring(path)  # says what is wrong
    return _keyring(path, changed)


@lru_cache(maxsize=1)
def _keyring(path: Path, changed: int) -> KeyRing:
    del changed
    return read_keyring(path)


def public_key(settings: Settings) -> PublicKey:
    """What a connector encrypts to."""
    return read_public_key(settings.public_key_file or settings.home / PUBLIC_KEY_FILE)


def stack_address(settings: Settings, part: str) -> str:
    """Address of a part of the embedded stack: kafka, postgres (host:port/database), registry."""
    path = settings.home / STACK_FILE
    try:
        return str(json.loads(path.read_text("utf-8"))["addresses"][part])
    except (OSError, ValueError, KeyError, TypeError):
        raise StackError(
            f"No embedded stack runs under {settings.home}, and no address of {part} is set.",
            what_to_do="Start one with `kpr-stream up`, or set the addresses (KPR_…).",
        ) from None


def _stored_login(settings: Settings, part: str, name: str) -> SecretStr:
    path = settings.home / CREDENTIALS_FILE
    try:
        return SecretStr(json.loads(path.read_text("utf-8"))[part][name])
    except (OSError, ValueError, KeyError, TypeError):
        raise ConfigurationError(
            f"There is no {part} password for {name}.",
            what_to_do=f"Set KPR_{part.upper()}_… for this process, or run `kpr-stream up`.",
        ) from None
