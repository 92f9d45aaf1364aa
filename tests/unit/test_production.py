"""Production refuses plaintext and the embedded stack, unless a setting allows it by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from kpr_stream.database.access import postgres_dsn, uses_tls
from kpr_stream.embedded.start import running_stack, start_stack
from kpr_stream.errors import ConfigurationError
from kpr_stream.home import stack_address, stored_login
from kpr_stream.kafka.access import kafka_access
from kpr_stream.keys.access import keyring, public_key
from kpr_stream.settings import Environment, SecurityProtocol, Settings
from tests.support.home import write_stack

TLS = "postgresql://operator:word@db.example/kpr?sslmode=verify-full"
CLEAR = "postgresql://operator:s3cret@db.example/kpr"
KAFKA = {
    "kafka_bootstrap": "kafka.example:9093",
    "kafka_username": "tools",
    "kafka_password": SecretStr("s3cret"),
}


@pytest.fixture
def production(tmp_path: Path) -> Callable[..., Settings]:
    home = write_stack(tmp_path)

    def make(**more: Any) -> Settings:
        return Settings(home=home, environment=Environment.PRODUCTION, **more)

    return make


def test_kafka_without_tls_is_refused(production: Callable[..., Settings]) -> None:
    with pytest.raises(ConfigurationError, match=r"production.*without TLS") as refusal:
        kafka_access(production(**KAFKA), "tools")
    assert "KPR_ALLOW_PLAINTEXT_IN_PRODUCTION=true" in refusal.value.what_to_do
    assert "s3cret" not in str(refusal.value)
    tls = kafka_access(
        production(**KAFKA, kafka_security_protocol=SecurityProtocol.SASL_SSL), "tools"
    )
    assert tls.environment is Environment.PRODUCTION
    assert kafka_access(production(**KAFKA, allow_plaintext_in_production=True), "tools").bootstrap


@pytest.mark.parametrize(
    ("end", "tls"),
    [
        ("", False),
        ("?sslmode=disable", False),
        ("?sslmode=allow", False),
        ("?sslmode=prefer", False),
        ("?sslmode=REQUIRE", False),
        ("?sslmode=verify-full&sslmode=disable", False),
        ("?application_name=sslmode=require", False),
        ("?host=/tmp", False),
        ("?sslmode=require", True),
        ("?sslmode=verify-ca&sslrootcert=/a.pem", True),
        ("?connect_timeout=3&sslmode=verify-full", True),
    ],
)
def test_a_database_without_tls_is_refused(
    production: Callable[..., Settings], end: str, tls: object
) -> None:
    dsn = SecretStr(CLEAR + end)
    assert uses_tls(dsn) is tls
    if tls:
        assert postgres_dsn(production(postgres_dsn=dsn), "operator") == dsn
        return
    with pytest.raises(ConfigurationError, match=r"PostgreSQL without TLS") as refusal:
        postgres_dsn(production(postgres_dsn=dsn), "operator")
    assert "s3cret" not in str(refusal.value)
    allowed = production(postgres_dsn=dsn, allow_plaintext_in_production=True)
    assert postgres_dsn(allowed, "operator") == dsn


@pytest.mark.parametrize(
    ("dsn", "tls"),
    [
        ("postgresql:///kpr?host=/var/run/postgresql", True),
        ("postgresql://operator@%2Fvar%2Frun/kpr", True),
        ("postgresql:///kpr?host=/var/run,db.example", False),
        ("postgresql:///kpr", False),
        ("rubbish", False),
        ("postgresql://[1/kpr?sslmode=require", False),
    ],
)
def test_a_socket_of_this_machine_needs_no_tls(dsn: str, tls: object) -> None:
    assert uses_tls(SecretStr(dsn)) is tls


USES: dict[str, Callable[[Settings], object]] = {
    "address": lambda settings: stack_address(settings, "kafka"),
    "login of Kafka": lambda settings: stored_login(settings, "kafka", "processor"),
    "login of PostgreSQL": lambda settings: postgres_dsn(settings, "content-sink"),
    "receiver's keys": keyring,
    "public key": public_key,
    "up": start_stack,
    "a stack of a process": lambda settings: running_stack(settings).__enter__(),
}


@pytest.mark.parametrize("use", USES)
def test_nothing_of_the_embedded_stack_is_used(
    production: Callable[..., Settings], use: str
) -> None:
    settings = production(kafka_security_protocol=SecurityProtocol.SASL_SSL)
    with pytest.raises(ConfigurationError, match=r"production does not use the embedded") as told:
        USES[use](settings)
    assert "KPR_ALLOW_EMBEDDED_STACK_IN_PRODUCTION=true" in told.value.what_to_do


def test_a_setting_allows_the_embedded_stack(production: Callable[..., Settings]) -> None:
    settings = production(
        allow_embedded_stack_in_production=True, allow_plaintext_in_production=True
    )
    assert kafka_access(settings, "processor").bootstrap == "127.0.0.1:19092"
    assert postgres_dsn(settings, "content-sink")


def test_test_uses_all_of_it(tmp_path: Path) -> None:
    settings = Settings(home=write_stack(tmp_path))
    assert kafka_access(settings, "processor").environment is Environment.TEST
    assert postgres_dsn(settings, "content-sink")
