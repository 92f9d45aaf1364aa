"""Every setting: one frozen object, read from ``KPR_…`` variables and nothing else.

``deploy/settings.reference.env`` lists each with its default and its meaning; a test parses it.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Final, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

FRAME_MAX_ITEMS: Final = 1000
"""Items of a micro-batch, by default; the dry run takes as many."""


class Environment(StrEnum):
    """Where this runs. Synthetic ids only in test, real ones only in production."""

    TEST = "test"
    PRODUCTION = "production"


class SecurityProtocol(StrEnum):
    """How to speak with Kafka. SASL_PLAINTEXT is for the loopback stack only."""

    SASL_PLAINTEXT = "SASL_PLAINTEXT"
    SASL_SSL = "SASL_SSL"


class Settings(BaseSettings):
    """Settings of every process. An address that is not set is taken from the embedded stack."""

    model_config = SettingsConfigDict(env_prefix="KPR_", frozen=True, extra="ignore")

    environment: Environment = Field(
        Environment.TEST, description="test allows synthetic national ids only; production real."
    )
    numbers_from_2032: bool = Field(
        default=False,
        description="Accept national ids with the control digits in force from 2032; then neither "
        "sex nor century is read from any number.",
    )
    home: Path = Field(
        Path(".kpr-stream"), description="Folder of the embedded stack, outboxes and ledgers."
    )

    kafka_bootstrap: str | None = Field(
        None,
        pattern=r"^([^\s,/]+:\d{1,5}(,[^\s,/]+:\d{1,5})*)?$",
        description="host:port[,host:port] of a cluster; unset means the embedded broker.",
    )
    kafka_security_protocol: SecurityProtocol = Field(
        SecurityProtocol.SASL_PLAINTEXT, description="SASL_SSL against any real cluster."
    )
    kafka_sasl_mechanism: str = Field("SCRAM-SHA-256", description="SCRAM-SHA-256 or -512.")
    kafka_ca_file: Path | None = Field(None, description="PEM of the authority, for SASL_SSL.")
    kafka_username: str | None = Field(None, description="Principal of this process.")
    kafka_password: SecretStr | None = Field(None, description="Its password.")
    kafka_port: int = Field(0, ge=0, le=65535, description="Embedded broker; 0: any free port.")

    postgres_dsn: SecretStr | None = Field(
        None, description="postgresql://… of a server; unset means the embedded one."
    )
    postgres_port: int = Field(0, ge=0, le=65535, description="Embedded server; 0: any free.")

    registry_port: int = Field(0, ge=0, le=65535, description="Schema endpoints; 0: any free.")

    keyring_file: Path | None = Field(None, description="The receiver's secrets.")
    public_key_file: Path | None = Field(None, description="What connectors encrypt to.")
    allow_clear_payloads: bool = Field(
        default=False, description="Accept unencrypted payloads; refused in production."
    )

    reference_dir: Path | None = Field(
        None, description="A sealed folder of reference data; unset: those of this release."
    )

    app_id: str = Field("kpr-hst", description="Consumer group and prefix of transactional ids.")
    instance: str = Field(
        "worker-1", description="Name of this worker on its machine: no two may share a ledger."
    )
    ledger_dir: Path | None = Field(None, description="Folder of the ledgers; unset: under home.")
    metrics_port: int = Field(0, ge=0, le=65535, description="Prometheus endpoint; 0: any free.")
    metrics_host: str = Field("127.0.0.1", description="Address the endpoint binds.")

    require_agreement: bool = Field(
        default=False,
        description="Refuse units whose system has no agreement registered (NO_AGREEMENT).",
    )
    release_max_share: float = Field(
        0.5, gt=0, le=1, description="A release is stopped at more rejected items than this share."
    )
    release_share_from: int = Field(
        200, ge=1, description="The share of a release's rejected items says nothing of fewer."
    )
    release_max_consecutive: int = Field(
        100, ge=1, description="A release is stopped at so many rejected items in a row."
    )
    reserve_our_kinds: bool = Field(
        default=True,
        description="Reservations also hold for the kinds of data that are ours, not official.",
    )

    frame_max_items: int = Field(
        FRAME_MAX_ITEMS,
        ge=1,
        description="Items of a micro-batch: bounds memory and the time to commit.",
    )
    frame_max_bytes: int = Field(
        2_000_000, ge=1, description="Bytes of a micro-batch: the same, for large items."
    )
    session_timeout_ms: int = Field(
        10_000, ge=1000, description="A dead worker's lanes wait this long for a new owner."
    )
    heartbeat_interval_ms: int = Field(
        500,
        ge=100,
        description="At most a third of the session timeout, or freezes evict. The whole group "
        "learns of who joins or leaves with a heartbeat, and lanes wait for it.",
    )
    static_membership: bool = Field(
        default=False,
        description="A restart within the session timeout moves no lane; the instance must then "
        "be unique in the whole group.",
    )

    codes_file: Path | None = Field(
        None,
        description="Connector and dry run: the vendor's own code tables; unset: synthetic ones, "
        "which production refuses.",
    )
    outbox_dir: Path | None = Field(None, description="A connector's outbox; unset: under home.")
    delivery_max_items: int = Field(
        1000,
        ge=1,
        le=20_000,
        description="Connector: items of one delivery at most; a delivery is never divided, and "
        "a live one waits for the backlog's that is under way.",
    )
    delivery_max_bytes: int = Field(
        2_000_000, ge=10_000, le=3_500_000, description="Connector: bytes of a payload at most."
    )
    unit_window: int = Field(
        16, ge=1, le=64, description="Connector: unanswered deliveries of one unit at most."
    )
    answer_timeout_s: float = Field(
        120.0, gt=0, description="Connector: give up after so long without any receipt."
    )

    @model_validator(mode="after")
    def _no_clear_payloads_in_production(self) -> Self:
        if self.allow_clear_payloads and self.environment is Environment.PRODUCTION:
            raise ValueError("KPR_ALLOW_CLEAR_PAYLOADS is refused where KPR_ENVIRONMENT=production")
        return self
