"""A certificate: that one software version of a system has passed, signed by the register. Pure.

The register's operator runs the cases and signs with its Ed25519 key (RFC 8032). A run of a vendor
has no signature: it is the vendor's own declaration, and admits nothing.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from kpr_stream.conformance.cases import CERTIFIED, SUITE_VERSION
from kpr_stream.errors import ConfigurationError, UsageError
from kpr_stream.model.json_text import JsonTextError, read_json
from kpr_stream.model.words import System

VALID_DAYS: Final = 365
"""A version that is used longer is tried again: receiver and rules have changed meanwhile."""
FORM: Final = 1
_SIGNATURE: Final = "signature"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What a certificate says."""

    system: System
    software_version: str
    suite_version: int
    tested_on: date
    valid_until: date
    digest: str
    """SHA-256 of what is signed: by it the audit log names the certificate."""


def certificate_of(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return the certificate of a report; UsageError if its grade gives none."""
    if report["grade"] not in set(CERTIFIED) or not report["software_version"]:
        raise UsageError(
            f"The grade is {report['grade']}: it gives no certificate.",
            what_to_do="Correct the sender, and run every case again.",
        )
    tested = date.fromisoformat(report["tested_at"][:10])
    return {
        "certificate": FORM,
        "system": report["system"],
        "software_version": report["software_version"],
        "grade": report["grade"],
        "suite_version": report["suite_version"],
        "contract_versions": report["contract_versions"],
        "receiver_version": report["receiver_version"],
        "tested_on": tested.isoformat(),
        "valid_until": (tested + timedelta(days=VALID_DAYS)).isoformat(),
        "cases": {one["case"]: one["result"] for one in report["cases"]},
    }


def sign(certificate: Mapping[str, Any], key: Ed25519PrivateKey) -> dict[str, Any]:
    """Return the certificate with its signature."""
    signature = base64.b64encode(key.sign(_signed_bytes(certificate))).decode()
    return {**certificate, _SIGNATURE: signature}


def read_certificate(data: bytes, key: Ed25519PublicKey, *, today: date) -> Certificate:
    """Return what a certificate says. UsageError says what voids it."""
    try:
        found = read_json(data)
        signature = base64.b64decode(found[_SIGNATURE], validate=True)
        signed = _signed_bytes(found)
        key.verify(signature, signed)
        grade = str(found["grade"])
        certificate = Certificate(
            system=System(found["system"]),
            software_version=str(found["software_version"]),
            suite_version=int(found["suite_version"]),
            tested_on=date.fromisoformat(found["tested_on"]),
            valid_until=date.fromisoformat(found["valid_until"]),
            digest=sha256(signed).hexdigest(),
        )
    except InvalidSignature:
        raise _void("its signature is not the register's, or it was changed") from None
    except (JsonTextError, KeyError, TypeError, ValueError):
        raise _void("it is not a signed certificate") from None
    if grade not in set(CERTIFIED):
        raise _void(f"its grade is {grade}")
    if certificate.tested_on > today:
        raise _void(f"it is of a run on {certificate.tested_on}, which is yet to come")
    if certificate.valid_until < today:
        raise _void(f"it was valid until {certificate.valid_until}")
    if certificate.suite_version < SUITE_VERSION:
        raise _void(
            f"it is of cases {certificate.suite_version}, and cases {SUITE_VERSION} are in force"
        )
    return certificate


def require_release_of(certificate: Certificate, system: System, software_version: str) -> None:
    """Raise UsageError unless the certificate is of this release."""
    if (certificate.system, certificate.software_version) != (system, software_version):
        raise UsageError(
            f"The certificate is of {certificate.system} {certificate.software_version!r}, not of "
            f"{system} {software_version!r}.",
            what_to_do="Name the system and version as the certificate does, or have this version "
            "certified.",
        )


def read_signing_key(pem: bytes) -> Ed25519PrivateKey:
    """Read the register's private key; ConfigurationError never holds the key."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (TypeError, ValueError):
        key = None
    if isinstance(key, Ed25519PrivateKey):
        return key
    raise ConfigurationError(
        "The signing key is not an Ed25519 key in PEM without a password.",
        what_to_do="Make one with `openssl genpkey -algorithm ed25519`.",
    )


def read_verifying_key(pem: bytes) -> Ed25519PublicKey:
    """Read the register's public key."""
    try:
        key = serialization.load_pem_public_key(pem)
    except ValueError:
        key = None
    if isinstance(key, Ed25519PublicKey):
        return key
    raise ConfigurationError(
        "The certificates' key is not a public Ed25519 key in PEM.",
        what_to_do="Make it of the signing key with `openssl pkey -pubout`.",
    )


def _signed_bytes(certificate: Mapping[str, Any]) -> bytes:
    content = {name: value for name, value in certificate.items() if name != _SIGNATURE}
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _void(why: str) -> UsageError:
    return UsageError(
        f"The certificate is void: {why}.",
        what_to_do="Run `kpr-stream conformance` again with this software version, and sign it.",
    )
