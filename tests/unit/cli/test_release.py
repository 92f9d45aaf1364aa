"""``release admit`` sends nothing for a certificate that is void, or of another release."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from kpr_stream.cli import release, send_command
from kpr_stream.errors import ConfigurationError, UsageError
from kpr_stream.model.words import System
from tests.support.certified import Register

SYSTEM, VERSION = System.EG_INFODOC, "7.1"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Mapping[str, str]]]:
    """What was sent to the lanes."""
    found: list[tuple[str, Mapping[str, str]]] = []

    def send(kind: str, arguments: Mapping[str, str], *_: Any, **__: Any) -> None:
        found.append((kind, arguments))

    monkeypatch.setattr(send_command, "send_to_every_lane", send)
    return found


def admit(certificate: Path, version: str = VERSION) -> None:
    release.admit(SYSTEM, version, certificate, "Tried by the register")


def test_a_certified_release_is_admitted_until_the_last_day_of_its_certificate(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sent: list[tuple[str, Mapping[str, str]]]
) -> None:
    register = Register(tmp_path)
    monkeypatch.setenv("KPR_CERTIFICATE_KEY_FILE", str(register.key_file))
    admit(register.certify(SYSTEM, VERSION, valid_until="2999-12-31"))
    ((kind, arguments),) = sent
    assert kind == "admit-release"
    assert (arguments["software_version"], arguments["valid_until"]) == (VERSION, "2999-12-31")
    assert len(arguments["certificate"]) == 64


def test_nothing_is_sent_without_a_certificate_that_holds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sent: list[tuple[str, Mapping[str, str]]]
) -> None:
    register = Register(tmp_path)
    with pytest.raises(ConfigurationError, match="KPR_CERTIFICATE_KEY_FILE is not set"):
        admit(register.certify(SYSTEM, VERSION))
    monkeypatch.setenv("KPR_CERTIFICATE_KEY_FILE", str(register.key_file))
    with pytest.raises(UsageError, match="was valid until 2020-01-01"):
        admit(register.certify(SYSTEM, VERSION, valid_until="2020-01-01"))
    with pytest.raises(UsageError, match=r"not of eg-infodoc '7\.2'"):
        admit(register.certify(SYSTEM, VERSION), "7.2")
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(UsageError, match="not the register's"):
        admit(Register(other).certify(SYSTEM, VERSION))
    with pytest.raises(UsageError, match="cannot be read"):
        admit(tmp_path / "missing.json")
    assert sent == []
