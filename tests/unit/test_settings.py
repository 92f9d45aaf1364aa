"""The settings: frozen, silent about secrets, and documented to the last default."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from kpr_stream.settings import Settings
from tests.support.repository import ROOT, tracked_files
from tools.settings_reference import FILE as REFERENCE
from tools.settings_reference import text

MINIMAL = ROOT / "deploy" / "settings.minimal.env"
FIELDS = Settings.model_fields
SECRETS = [name for name, field in FIELDS.items() if "SecretStr" in str(field.annotation)]
ASSIGNMENT = re.compile(r"^(?P<unset># )?(?P<key>KPR_[A-Z0-9_]+)=(?P<value>.*)$")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n.startswith("KPR_")]:
        monkeypatch.delenv(name)


def _read(path: Path) -> dict[str, tuple[str | None, str]]:
    """Key → (value, or None where it is commented out; the comment above it)."""
    found: dict[str, tuple[str | None, str]] = {}
    comment: list[str] = []
    for line in path.read_text("utf-8").splitlines():
        if match := ASSIGNMENT.match(line):
            assert match["key"] not in found, f"{match['key']} stands twice"
            found[match["key"]] = (None if match["unset"] else match["value"], " ".join(comment))
            comment = []
        elif line.startswith("#"):
            comment.append(line.removeprefix("#").strip())
        else:
            assert not line.strip(), f"neither a comment nor a setting: {line}"
            comment = []
    return found


def test_the_reference_file_has_every_setting_in_order_and_no_other() -> None:
    assert list(_read(REFERENCE)) == [f"KPR_{name.upper()}" for name in FIELDS]


@pytest.mark.parametrize("name", FIELDS)
def test_every_default_and_meaning_in_the_reference_file_is_the_real_one(name: str) -> None:
    value, comment = _read(REFERENCE)[f"KPR_{name.upper()}"]
    assert value == text(FIELDS[name].default)
    assert comment.endswith(FIELDS[name].description or "a meaning in settings.py")


def test_the_reference_file_sets_nothing_that_is_not_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for key, (value, _) in _read(REFERENCE).items():
        if value is not None:
            monkeypatch.setenv(key, value)
    with_file = Settings()
    monkeypatch.undo()
    assert with_file.model_dump() == Settings.model_construct().model_dump()


def test_the_minimal_file_sets_what_a_real_cluster_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    minimal = _read(MINIMAL)
    assert minimal.keys() <= _read(REFERENCE).keys()
    for key, (value, _) in minimal.items():
        assert value is not None, f"{key} is commented out"
        monkeypatch.setenv(key, value)
    settings = Settings()
    assert settings.environment.value == "production"
    assert settings.kafka_security_protocol.value == "SASL_SSL"
    assert settings.kafka_bootstrap
    assert settings.postgres_dsn
    assert settings.keyring_file
    assert not settings.allow_clear_payloads


def test_settings_cannot_be_changed() -> None:
    settings = Settings()
    for name in FIELDS:
        with pytest.raises(ValidationError, match="frozen"):
            setattr(settings, name, None)


def test_secrets_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert SECRETS == ["kafka_password", "postgres_dsn"]
    for name in SECRETS:
        monkeypatch.setenv(f"KPR_{name.upper()}", "s3cret-word")
    settings = Settings()
    for shown in (repr(settings), str(settings), settings.model_dump_json()):
        assert "s3cret-word" not in shown
    for name in SECRETS:
        value = getattr(settings, name)
        assert isinstance(value, SecretStr)
        assert value.get_secret_value() == "s3cret-word"


@pytest.mark.parametrize("name", FIELDS)
def test_what_sounds_like_a_secret_is_typed_as_one(name: str) -> None:
    if re.search(r"password|secret|token|dsn", name):
        assert name in SECRETS


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("environment", "staging"),
        ("kafka_security_protocol", "PLAINTEXT"),
        ("kafka_sasl_mechanism", "SCRAM-SHA256"),
        ("kafka_sasl_mechanism", "PLAIN"),
        ("frame_max_items", "0"),
        ("kafka_port", "65536"),
        ("delivery_max_items", "20001"),
        ("delivery_max_bytes", "3500001"),
        ("unit_window", "65"),
    ],
)
def test_an_impossible_value_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"KPR_{name.upper()}", value)
    with pytest.raises(ValidationError, match=name):
        Settings()


def test_every_kpr_variable_named_anywhere_is_a_setting() -> None:
    known = {f"KPR_{name.upper()}" for name in FIELDS}
    known |= {f"KPR_{name.upper()}_FILE" for name in SECRETS}
    unknown = {
        f"{path.relative_to(ROOT)}: {key}"
        for path in tracked_files()
        if path.suffix in {".py", ".md", ".env", ".yml", ".yaml", ".toml", ".sh"}
        # This one tries names that are wrong.
        if path.name != "test_variables.py"
        for key in re.findall(r"\bKPR_[A-Z0-9]+(?:_[A-Z0-9]+)*\b", path.read_text("utf-8"))
        if key not in known
    }
    assert unknown == set()


@pytest.mark.parametrize("address", ["kafka", "kafka:9092/kpr", "kafka:9092, other:9092"])
def test_an_address_of_kafka_that_is_none_is_refused_at_once(address: str) -> None:
    with pytest.raises(ValidationError, match="kafka_bootstrap"):
        Settings(kafka_bootstrap=address)


@pytest.mark.parametrize("address", ["kafka:9092", "a.b:9092,c.d:9093", "[::1]:9092"])
def test_addresses_of_kafka_are_taken(address: str) -> None:
    assert Settings(kafka_bootstrap=address).kafka_bootstrap == address
