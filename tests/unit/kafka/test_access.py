"""Addresses and logins: where they come from, and what is said when they are missing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from kpr_stream.errors import ConfigurationError
from kpr_stream.kafka.access import KafkaAccess, kafka_access
from kpr_stream.settings import Environment, SecurityProtocol, Settings
from tests.support.home import write_stack


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n.startswith("KPR_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    return write_stack(tmp_path)


def test_what_is_not_set_comes_from_the_embedded_stack(stack: Path) -> None:
    access = kafka_access(Settings(home=stack), "processor")
    assert access.bootstrap == "127.0.0.1:19092"
    assert access.username == "processor"
    assert access.password.get_secret_value() == "k-word"
    assert access.for_aiokafka()["ssl_context"] is None


def test_what_is_set_wins(stack: Path) -> None:
    settings = Settings(
        home=stack,
        kafka_bootstrap="kafka.example:9093",
        kafka_username="visma-hspro",
        kafka_password=SecretStr("own"),
        kafka_security_protocol=SecurityProtocol.SASL_SSL,
    )
    access = kafka_access(settings, "processor")
    client = access.for_aiokafka()
    assert client["bootstrap_servers"] == "kafka.example:9093"
    assert client["sasl_plain_username"] == "visma-hspro"
    assert client["sasl_plain_password"] == "own"
    assert client["ssl_context"].check_hostname
    assert "ssl.ca.location" not in access.for_librdkafka()


def test_both_clients_are_told_the_same(stack: Path) -> None:
    access = kafka_access(Settings(home=stack), "processor")
    aiokafka, librdkafka = access.for_aiokafka(), access.for_librdkafka()
    assert librdkafka == {
        "bootstrap.servers": aiokafka["bootstrap_servers"],
        "security.protocol": aiokafka["security_protocol"],
        "sasl.mechanism": aiokafka["sasl_mechanism"],
        "sasl.username": aiokafka["sasl_plain_username"],
        "sasl.password": aiokafka["sasl_plain_password"],
    }


def test_a_missing_login_is_named_without_any_password(stack: Path) -> None:
    with pytest.raises(ConfigurationError, match="no kafka password for privacy") as refusal:
        kafka_access(Settings(home=stack), "privacy")
    assert "k-word" not in str(refusal.value)
    assert "KPR_KAFKA_" in refusal.value.what_to_do


class KafkaAuthenticationError(Exception): ...


class TopicAuthorizationFailedError(Exception): ...


@pytest.mark.parametrize(
    ("cause", "told", "to_do"),
    [
        (
            KafkaAuthenticationError("k-word"),
            "refuses the login of processor",
            "KPR_KAFKA_USERNAME",
        ),
        (OSError("SASL handshake k-word"), "refuses the login of processor", "KPR_KAFKA_USERNAME"),
        (TopicAuthorizationFailedError("k-word"), "does not allow processor", "topics.md"),
        (ConnectionRefusedError("k-word"), "cannot be reached (ConnectionRefusedError)", "status"),
    ],
)
def test_a_failure_is_told_with_address_cause_and_remedy(
    cause: Exception, told: str, to_do: str
) -> None:
    error = _access().failed(cause)
    assert "127.0.0.1:19092" in error.message
    assert told in error.message
    assert to_do in error.what_to_do
    assert "k-word" not in str(error)


def test_access_does_not_print_its_password() -> None:
    assert "k-word" not in repr(_access())


def _access() -> KafkaAccess:
    return KafkaAccess(
        bootstrap="127.0.0.1:19092",
        security_protocol=SecurityProtocol.SASL_PLAINTEXT,
        mechanism="SCRAM-SHA-256",
        username="processor",
        password=SecretStr("k-word"),
        ca_file=None,
        environment=Environment.TEST,
    )
