"""What a vendor needs to send to a trial receiver: address, login, public keys, in one folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from kpr_stream.dry_receiver.keys import read_private_key
from kpr_stream.embedded.files import READABLE, make_folder, write_json, write_text
from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.keys.keyring import new_keyring
from kpr_stream.model.topics import delivery_topic, receipt_topic
from kpr_stream.model.words import System

PUBLIC_KEYS: Final = "public_keys.json"
PASSWORD: Final = "password"  # noqa: S105 - the name of a file
LOGIN: Final = "login.json"


@dataclass(frozen=True, slots=True)
class VendorFolder:
    """The folder that a vendor's sender reads."""

    path: Path

    @property
    def public_keys(self) -> Path:
        """Return the file of the receiver's public keys."""
        return self.path / PUBLIC_KEYS

    @property
    def password(self) -> Path:
        """Return the file of the login's password."""
        return self.path / PASSWORD

    def write_login(self, system: System, access: KafkaAccess) -> dict[str, Any]:
        """Write the login and its password; return what the login's file says."""
        make_folder(self.path)
        write_text(self.password, access.password.get_secret_value())
        login = {
            "bootstrap": access.bootstrap,
            "security_protocol": access.security_protocol.value,
            "sasl_mechanism": access.mechanism,
            "username": access.username,
            "password_file": str(self.password),
            "public_keys_file": str(self.public_keys),
            "delivery_topic": delivery_topic(system),
            "receipt_topic": receipt_topic(system),
            "consumer_groups_begin_with": access.username,
        }
        write_json(self.path / LOGIN, login)
        return login

    def replace_key(self) -> dict[str, RSAPrivateKey]:
        """Make a new key pair; write its public half as the only one, return the private half."""
        secret, public = new_keyring()
        make_folder(self.path)
        write_json(self.public_keys, public, READABLE)
        return {
            key_id: read_private_key(pem.encode(), "of a new key ring")
            for key_id, pem in secret["private_keys"].items()
        }

    def login(self) -> dict[str, Any]:
        """Return what the login's file says."""
        found: dict[str, Any] = json.loads((self.path / LOGIN).read_text("utf-8"))
        return found
