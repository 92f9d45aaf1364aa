"""Make the register's key and certificates of releases."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kpr_stream.conformance.cases import SUITE_VERSION, CaseOutcome, Grade, all_cases
from kpr_stream.conformance.certificate import certificate_of, sign
from kpr_stream.model.utc_time import utc_time
from kpr_stream.model.words import System


class Register:
    """A register with a key of its own, whose public half lies in a file."""

    def __init__(self, folder: Path) -> None:
        self._key = Ed25519PrivateKey.generate()
        self._folder = folder
        self.key_file = folder / "register.pem"
        self.key_file.write_bytes(
            self._key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )

    def certify(self, system: System, version: str, **changes: Any) -> Path:
        """Return the file of a signed certificate; ``changes`` replace members before signing."""
        report = {
            "system": system.value,
            "software_version": version,
            "grade": Grade.CONFORMANT.value,
            "suite_version": SUITE_VERSION,
            "contract_versions": ["1"],
            "receiver_version": "1",
            "tested_at": utc_time(datetime.now(UTC)),
            "cases": [{"case": name, "result": CaseOutcome.PASSED.value} for name in all_cases()],
        }
        path = self._folder / "certificate.json"
        path.write_text(json.dumps(sign(certificate_of(report) | changes, self._key)), "utf-8")
        return path
