"""Read the files that the embedded stack leaves under ``home``: addresses and logins.

``stack.json`` has the addresses of the running parts, ``credentials.json`` the logins. Access to
Kafka, PostgreSQL and the registry falls back to them where the settings name nothing.
"""

from __future__ import annotations

import json
from typing import Final

from pydantic import SecretStr

from kpr_stream.errors import ConfigurationError, StackError
from kpr_stream.settings import Environment, Settings

STACK_FILE: Final = "stack.json"
TARGETS_FOLDER: Final = "targets"
"""Folder of the lists with which Prometheus finds every process of a machine."""
CREDENTIALS_FILE: Final = "credentials.json"
KEYRING_FILE: Final = "keys/keyring.json"
PUBLIC_KEY_FILE: Final = "keys/public_keys.json"


def require_embedded_allowed(settings: Settings, what: str) -> None:
    """Raise ConfigurationError in production, unless a setting allows the embedded stack there."""
    production = settings.environment is Environment.PRODUCTION
    if production and not settings.allow_embedded_stack_in_production:
        raise ConfigurationError(
            f"KPR_ENVIRONMENT=production does not use {what}.",
            what_to_do="Set the addresses, passwords and key files of the real servers "
            "(deploy/settings.minimal.env); to use one machine without replicas all the same, "
            "KPR_ALLOW_EMBEDDED_STACK_IN_PRODUCTION=true.",
        )


def require_tls(settings: Settings, *, encrypted: bool, what: str, how: str) -> None:
    """Raise ConfigurationError in production for clear text, unless a setting allows it.

    ``what`` is not encrypted, and ``how`` is the sentence that says how to encrypt it.
    """
    production = settings.environment is Environment.PRODUCTION
    if production and not settings.allow_plaintext_in_production and not encrypted:
        raise ConfigurationError(
            f"KPR_ENVIRONMENT=production does not use {what}.",
            what_to_do=f"{how} Only where the network itself is protected: "
            "KPR_ALLOW_PLAINTEXT_IN_PRODUCTION=true.",
        )


def stack_address(settings: Settings, part: str) -> str:
    """Return the address of a part of the embedded stack.

    ``part`` is kafka, postgres (host:port/database) or registry. StackError if no stack runs.
    """
    require_embedded_allowed(settings, f"the embedded stack's address of {part}")
    path = settings.home / STACK_FILE
    try:
        return str(json.loads(path.read_text("utf-8"))["addresses"][part])
    except (OSError, ValueError, KeyError, TypeError):
        raise StackError(
            f"No embedded stack runs under {settings.home}, and no address of {part} is set.",
            what_to_do="Start one with `kpr-stream up`, or set the addresses (KPR_…).",
        ) from None


def stored_login(settings: Settings, part: str, name: str) -> SecretStr:
    """Return the stored password of a login; ConfigurationError if it is unknown."""
    require_embedded_allowed(settings, f"the embedded stack's {part} password of {name}")
    path = settings.home / CREDENTIALS_FILE
    try:
        return SecretStr(json.loads(path.read_text("utf-8"))[part][name])
    except (OSError, ValueError, KeyError, TypeError):
        raise ConfigurationError(
            f"There is no {part} password for {name}.",
            what_to_do=f"Set KPR_{part.upper()}_… for this process, or run `kpr-stream up`.",
        ) from None
