"""Variables of the environment: misspelt names, names of Kubernetes, and secrets from files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kpr_stream.errors import ConfigurationError
from kpr_stream.settings import Settings
from kpr_stream.variables import read_variables

SETTINGS = tuple(Settings.model_fields)
SECRETS = ("kafka_password", "postgres_dsn")


def read(**environment: str) -> dict[str, str]:
    return read_variables(environment, SETTINGS, SECRETS)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("KPR_ENVIROMENT", "KPR_ENVIRONMENT"),
        ("KPR_KAFKA_USER", "KPR_KAFKA_USERNAME"),
        ("KPR_KAFKA_BOOTSTRAP_SERVERS", "KPR_KAFKA_BOOTSTRAP"),
        ("KPR_POSTGRES_DNS", "KPR_POSTGRES_DSN"),
        ("KPR_KAFKA_PASSWORD_FIL", "KPR_KAFKA_PASSWORD_FILE"),
        ("KPR_HOME_FILE", "KPR_HOME"),
        ("KPR_METRIC_PORT", "KPR_METRICS_PORT"),
        ("kpr_kafka_bootstap", "KPR_KAFKA_BOOTSTRAP"),
    ],
)
def test_a_misspelt_name_is_refused_with_the_nearest_and_without_its_value(
    name: str, meant: str
) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        read(**{name: "s3cret-word"})
    assert f"{name.upper()} (did you mean {meant}?)" in refusal.value.message
    assert "s3cret-word" not in str(refusal.value)


def test_every_misspelt_name_is_reported_at_once() -> None:
    with pytest.raises(ConfigurationError, match=r"KPR_HOM .*KPR_INSTANZ"):
        read(KPR_HOM="x", KPR_INSTANZ="y", KPR_HOME="z")


def test_a_process_refuses_a_misspelt_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KPR_ENVIROMENT", "production")
    with pytest.raises(ConfigurationError, match="KPR_ENVIRONMENT"):
        Settings()


@pytest.mark.parametrize("service", ["KPR", "KPR_RECEIVER", "KPR_KAFKA", "KPR_METRICS"])
def test_what_kubernetes_sets_for_a_service_is_left_alone(service: str) -> None:
    set_by_kubernetes = {
        f"{service}_SERVICE_HOST": "10.0.0.11",
        f"{service}_SERVICE_PORT": "9092",
        f"{service}_SERVICE_PORT_SASL_SSL": "9092",
        f"{service}_PORT": "tcp://10.0.0.11:9092",
        f"{service}_PORT_9092_TCP": "tcp://10.0.0.11:9092",
        f"{service}_PORT_9092_TCP_PROTO": "tcp",
        f"{service}_PORT_9092_TCP_PORT": "9092",
        f"{service}_PORT_9092_TCP_ADDR": "10.0.0.11",
        f"{service}_PORT_53_UDP": "udp://10.0.0.11:53",
    }
    assert read(**set_by_kubernetes, KPR_HOME="here") == {"home": "here"}


def test_a_port_of_ours_is_still_read() -> None:
    assert read(KPR_KAFKA_PORT="9092", KPR_KAFKA_SERVICE_HOST="10.0.0.11") == {"kafka_port": "9092"}


def test_other_variables_are_nobodys_business() -> None:
    assert read(HOME="/root", KPRX="1", _KPR_STREAM_COMPLETE="x") == {}


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n"])
@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_comes_from_a_file_without_its_last_newline(
    tmp_path: Path, name: str, end: str
) -> None:
    file = tmp_path / "secret"
    file.write_text(f" s3cret word {end}", newline="")
    assert read(**{f"KPR_{name.upper()}_FILE": str(file)}) == {name: " s3cret word "}


def test_a_process_reads_its_secrets_from_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "real").write_text("s3cret\n")
    (tmp_path / "link").symlink_to("real")
    for name in [n for n in os.environ if n.startswith("KPR_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("KPR_KAFKA_PASSWORD_FILE", str(tmp_path / "link"))
    found = Settings().kafka_password
    assert found is not None
    assert found.get_secret_value() == "s3cret"


def test_a_secret_that_is_given_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"KPR_KAFKA_PASSWORD and KPR_KAFKA_PASSWORD_FILE"):
        read(KPR_KAFKA_PASSWORD="s3cret", KPR_KAFKA_PASSWORD_FILE=str(tmp_path))


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe", b"x" * 20_000])
def test_a_file_without_a_secret_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigurationError, match="KPR_POSTGRES_DSN_FILE") as refusal:
        read(KPR_POSTGRES_DSN_FILE=str(file))
    assert str(file) in refusal.value.message


def test_a_folder_is_not_a_secret(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="folder"):
        read(KPR_KAFKA_PASSWORD_FILE=str(tmp_path))
