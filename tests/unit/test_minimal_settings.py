"""The smallest file of settings is one that processes can run with: a worker, a sink, a command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from kpr_stream.embedded.credentials import ROLES
from kpr_stream.keys.keyring import new_keyring
from kpr_stream.model.acls import PRINCIPALS
from kpr_stream.settings import SaslMechanism, Settings
from tests.support.poll import HANGING_S
from tests.support.repository import ROOT

MINIMAL = ROOT / "deploy" / "settings.minimal.env"
NOWHERE = "127.0.0.1:1"
"""Nothing listens here: the reserved names of the file would ask a name server."""


def lines() -> dict[str, str]:
    found = (line.partition("=") for line in MINIMAL.read_text("utf-8").splitlines())
    return {name: value for name, _, value in found if name.startswith("KPR_")}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The file as it is, with files of this machine and addresses that answer at once."""
    secret, _ = new_keyring()
    (tmp_path / "keyring.json").write_text(json.dumps(secret))
    (tmp_path / "ca.pem").write_bytes(_authority())
    return lines() | {
        "KPR_KEYRING_FILE": str(tmp_path / "keyring.json"),
        "KPR_KAFKA_CA_FILE": str(tmp_path / "ca.pem"),
        "KPR_HOME": str(tmp_path),
        "KPR_KAFKA_BOOTSTRAP": NOWHERE,
        "KPR_POSTGRES_DSN": lines()["KPR_POSTGRES_DSN"]
        .replace("db.example.no", NOWHERE)
        .replace("/etc/kpr/postgres-ca.pem", str(tmp_path / "ca.pem")),
    }


def _authority() -> bytes:
    """Make a certificate authority of a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority of a test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM)


def test_its_login_role_and_mechanism_are_those_of_this_project(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [n for n in os.environ if n.startswith("KPR_")]:
        monkeypatch.delenv(name)
    for name, value in lines().items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.kafka_username in [str(principal) for principal in PRINCIPALS]
    assert settings.kafka_sasl_mechanism is SaslMechanism.SCRAM_SHA_256, "as make_users makes them"
    assert settings.postgres_dsn
    assert urlsplit(settings.postgres_dsn.get_secret_value()).username in ROLES


@pytest.mark.parametrize(
    ("command", "login", "asked"),
    [
        (("worker",), "processor", "Kafka"),
        (("sink", "content", "--until-caught-up"), "content-sink", "PostgreSQL"),
        (("quarantine", "replay", "--unit", "974760673", "--reason", "Tried"), "tools", "Kafka"),
        (("migrate",), "processor", "PostgreSQL"),
    ],
)
def test_a_process_gets_as_far_as_connecting(
    environment: Mapping[str, str], command: tuple[str, ...], login: str, asked: str
) -> None:
    outside = {name: value for name, value in os.environ.items() if not name.startswith("KPR_")}
    done = subprocess.run(
        [sys.executable, "-m", "kpr_stream", *command],
        env={**outside, **environment, "KPR_KAFKA_USERNAME": login},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=HANGING_S,
        check=False,
    )
    assert done.returncode == 69, done.stderr
    assert f"{asked} at {NOWHERE}" in done.stderr
    assert "cannot be reached" in done.stderr
    assert "change-me" not in done.stdout + done.stderr
