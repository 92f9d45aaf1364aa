"""All settings: one frozen object, read from ``KPR_…`` variables and nothing else.

``variables.py`` reads them: it refuses a misspelt name, and takes secrets from files.

``deploy/settings.reference.env`` lists each with its default and its meaning: ``make pages``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Self, get_args

from pydantic import Field, SecretStr, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from kpr_stream.model.environment import Environment
from kpr_stream.model.limits import FRAME_MAX_ITEMS
from kpr_stream.model.sender_states import RESEND_AFTER_S, UNIT_WINDOW
from kpr_stream.model.words import SYSTEMS
from kpr_stream.process.log import LogFormat
from kpr_stream.variables import read_variables

__all__ = ["Environment", "SaslMechanism", "SecurityProtocol", "Settings", "secret_settings"]


_SYSTEM = "|".join(SYSTEMS)
_SYSTEM_LIST = rf"^(({_SYSTEM})(, ?({_SYSTEM}))*)?$"


class SecurityProtocol(StrEnum):
    """Protocol of connections to Kafka. SASL_PLAINTEXT is for the embedded stack only."""

    SASL_PLAINTEXT = "SASL_PLAINTEXT"
    SASL_SSL = "SASL_SSL"


class SaslMechanism(StrEnum):
    """How a process proves its password to Kafka."""

    SCRAM_SHA_256 = "SCRAM-SHA-256"
    SCRAM_SHA_512 = "SCRAM-SHA-512"


class FilesWhenDone(StrEnum):
    """What becomes of a file of an export that was answered, or that cannot be used."""

    KEEP = "keep"  # nothing: the outbox remembers it
    MARK = "mark"  # it is renamed: NAME.done, NAME.failed
    MOVE = "move"  # it is moved: .done/NAME, .failed/NAME


class Variables(PydanticBaseSettingsSource):
    """The ``KPR_…`` variables of this process, as a source of pydantic's settings."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return nothing: all values are read at once, below."""
        del field
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return the value of each setting that is given; ConfigurationError for a wrong name."""
        fields = self.settings_cls.model_fields
        return dict(read_variables(os.environ, fields, secret_settings(fields)))


class Settings(BaseSettings):
    """Settings of every process. An address that is not set is that of the embedded stack."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    environment: Environment = Field(
        Environment.TEST,
        description="test accepts synthetic national ids only, and synthetic units too; production "
        "real ones only.",
    )
    allow_plaintext_in_production: bool = Field(
        default=False,
        description="Production may send passwords and data to Kafka and PostgreSQL without TLS.",
    )
    allow_embedded_stack_in_production: bool = Field(
        default=False,
        description="Production may use the embedded stack: its addresses, passwords and keys, one "
        "node and one disk.",
    )
    numbers_from_2032: bool = Field(
        default=False,
        description="Accept national ids with the control digits of 2032 and later. Then neither "
        "sex nor century is read from any number.",
    )
    home: Path = Field(
        Path(".kpr-stream"), description="Folder of the embedded stack, outboxes and ledgers."
    )

    kafka_bootstrap: str | None = Field(
        None,
        pattern=r"^([^\s,/]+:[0-9]{1,5}(,[^\s,/]+:[0-9]{1,5})*)?$",
        description="host:port[,host:port] of a cluster; unset means the embedded broker.",
    )
    kafka_security_protocol: SecurityProtocol = Field(
        SecurityProtocol.SASL_PLAINTEXT, description="SASL_SSL for any real cluster."
    )
    kafka_sasl_mechanism: SaslMechanism = Field(
        SaslMechanism.SCRAM_SHA_256,
        description="SCRAM-SHA-256 or SCRAM-SHA-512, as the login was made. The logins of `up` and "
        "of make_users are SCRAM-SHA-256.",
    )
    kafka_ca_file: Path | None = Field(
        None, description="PEM file of the certificate authority, for SASL_SSL."
    )
    kafka_username: str | None = Field(None, description="Principal of this process.")
    kafka_password: SecretStr | None = Field(
        None, description="Password of the principal; KPR_KAFKA_PASSWORD_FILE names its file."
    )
    skip_records: str = Field(
        "",
        pattern=r"^([A-Za-z0-9._-]+/\d+@\d+(, ?[A-Za-z0-9._-]+/\d+@\d+)*)?$",
        description="Foreign records on output topics that every reader leaves out: "
        "topic/partition@offset, with commas between several.",
    )
    kafka_port: int = Field(
        0, ge=0, le=65535, description="Port of the embedded broker; 0: any free port."
    )

    postgres_dsn: SecretStr | None = Field(
        None,
        description="postgresql://… of a server; unset means the embedded one. "
        "KPR_POSTGRES_DSN_FILE names its file.",
    )
    postgres_port: int = Field(
        0, ge=0, le=65535, description="Port of the embedded server; 0: any free port."
    )

    registry_port: int = Field(
        0, ge=0, le=65535, description="Port of the schema endpoints; 0: any free port."
    )

    keyring_file: Path | None = Field(None, description="File of the receiver's private keys.")
    public_key_file: Path | None = Field(
        None, description="File of the public key that connectors encrypt with."
    )
    allow_clear_payloads: bool = Field(
        default=False, description="Accept unencrypted payloads; refused in production."
    )

    reference_dir: Path | None = Field(
        None, description="A sealed folder of reference data; unset: the data of this release."
    )

    receipt_v2_systems: str = Field(
        "",
        pattern=_SYSTEM_LIST,
        description="Systems that are sent receipts of version 2, with commas between several; "
        "the others are sent version 1.",
    )

    app_id: str = Field("kpr-hst", description="Consumer group and prefix of transactional ids.")
    instance: str = Field(
        "worker-1",
        description="Name of this worker, unique on its machine: workers share no ledger.",
    )
    ledger_dir: Path | None = Field(None, description="Folder of the ledgers; unset: under home.")
    metrics_port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="Port of /livez, /readyz and /metrics; 0: any free port; unset: the first free "
        "one from 9410 (worker), 9420 (content sink), 9425 (identity sink), 9430 (connector), "
        "9440 (exporter), 9445 (probe) or 9450 (projector).",
    )
    metrics_host: str = Field(
        "0.0.0.0",  # noqa: S104 - Prometheus scrapes from another machine or pod
        description="Address that this endpoint binds; 127.0.0.1: for this machine only.",
    )
    log_format: LogFormat = Field(
        LogFormat.HUMAN,
        description="human or json: how workers, sinks and a connector that follows a folder write "
        "their logs.",
    )
    log_deliveries: bool = Field(
        default=True, description="A worker logs one line for each delivery that it answers."
    )

    traces: bool = Field(
        default=False,
        description="Record traces of deliveries with OpenTelemetry (extra `traces`).",
    )
    traces_endpoint: str = Field(
        "http://127.0.0.1:4318/v1/traces",
        pattern=r"^https?://[^\s]+$",
        description="Where traces are sent: OTLP over HTTP.",
    )
    traces_share: float = Field(
        1.0, ge=0, le=1, description="Share of the deliveries that are traced, by trace id."
    )

    test_clock: str = Field(
        "",
        description="Exporter: 2026-03-02T08:00:00+01:00 x1440 judges deadlines by a clock that "
        "starts there and lets a day take a minute. Production refuses it.",
    )

    probe_org_nr: str = Field(
        "",
        pattern=r"^([0-9]{9})?$",
        description="Probe: the org number that its hellos are of. Never that of a unit that "
        "reports: the register's own. Unset: a synthetic one, which production refuses.",
    )

    require_agreement: bool = Field(
        default=False,
        description="Refuse deliveries of units without a registered agreement (NO_AGREEMENT).",
    )
    release_max_share: float = Field(
        0.5, gt=0, le=1, description="Stop a release when a larger share of its items is rejected."
    )
    release_share_from: int = Field(
        200, ge=1, description="Apply the share only to releases with at least this many items."
    )
    release_max_consecutive: int = Field(
        100, ge=1, description="Stop a release after this many rejected items in a row."
    )
    certified_systems: str = Field(
        "",
        pattern=_SYSTEM_LIST,
        description="Systems whose releases are taken only while they are admitted on a "
        "certificate (RELEASE_NOT_ADMITTED), with commas between several.",
    )
    certificate_key_file: Path | None = Field(
        None,
        description="PEM file of the register's public Ed25519 key: `release admit` verifies "
        "certificates with it.",
    )
    reserve_our_kinds: bool = Field(
        default=True,
        description="Reservations also apply to the kinds of data that this project has added.",
    )

    frame_max_items: int = Field(
        FRAME_MAX_ITEMS,
        ge=1,
        description="Most items in a micro-batch: limits memory and the time of a commit.",
    )
    frame_max_bytes: int = Field(
        2_000_000, ge=1, description="Most bytes in a micro-batch: the same limit, for large items."
    )
    decide_in_columns: bool = Field(
        default=True,
        description="Decide the plain items of a larger micro-batch in columns, all at once: the "
        "same outcomes and records, in less time. Off: every item goes item by item.",
    )
    session_timeout_ms: int = Field(
        10_000, ge=1000, description="The lanes of a dead worker wait this long for a new owner."
    )
    heartbeat_interval_ms: int = Field(
        500,
        ge=100,
        description="At most a third of the session timeout, or a short freeze evicts a worker. "
        "Members of the group learn of a change with a heartbeat, and lanes wait for that.",
    )
    static_membership: bool = Field(
        default=False,
        description="A restart within the session timeout moves no lane. KPR_INSTANCE, with "
        "KPR_MACHINE before it, must then be unique in the whole group. `worker --processes` turns "
        "it on, unless it is set.",
    )
    machine: str = Field(
        "",
        pattern=r"^[A-Za-z0-9._-]{0,100}$",
        description="Name of this machine in the group, for static membership. Unset: none for a "
        "worker alone, the host name for `worker --processes`.",
    )

    codes_file: Path | None = Field(
        None,
        description="Connector and dry run: the vendor's own code tables; unset: synthetic tables, "
        "which production refuses.",
    )
    outbox_dir: Path | None = Field(
        None, description="Folder of a connector's outbox; unset: under home."
    )
    files_when_done: FilesWhenDone = Field(
        FilesWhenDone.KEEP,
        description="Connector: keep, mark or move a file of the export that was answered or "
        "cannot be used. With mark and move, a series continues after a file that cannot be used.",
    )
    settle_s: float = Field(
        0,
        ge=0,
        le=600,
        description="Connector: seconds for which a file must be unchanged before it is read. "
        "Keeps a file that is still being written from stopping its series.",
    )
    outbox_max_bytes: int = Field(
        2_000_000_000,
        ge=10_000_000,
        description="Connector: no new deliveries are stored in an outbox of this size, so that it "
        "does not fill the disk that the EPJ uses.",
    )
    delivery_max_items: int = Field(
        1000,
        ge=1,
        le=20_000,
        description="Connector: most items in a delivery. A delivery is never divided, and a live "
        "delivery waits while one of the backlog is processed.",
    )
    delivery_max_bytes: int = Field(
        2_000_000, ge=10_000, le=3_500_000, description="Connector: most bytes in a payload."
    )
    unit_window: int = Field(
        UNIT_WINDOW, ge=1, le=64, description="Connector: most unanswered deliveries of one unit."
    )
    answer_timeout_s: float = Field(
        float(RESEND_AFTER_S),
        gt=0,
        description="Connector: give up after this time without any receipt.",
    )

    disclosure_threshold: int = Field(
        5,
        ge=2,
        description="Reports: counts from 1 to below this are hidden, since a parent or a "
        "colleague may recognise the child.",
    )
    disclosure_small_group: int = Field(
        10,
        ge=2,
        description="Reports: groups smaller than this hide 0 % and 100 %, which say something of "
        "each child. At least the threshold.",
    )
    report_own_small_cells: bool = Field(
        default=False,
        description="Reports show a municipality its own hidden numbers. Such a page is for the "
        "municipality alone, and says so.",
    )
    releases_dir: Path | None = Field(
        None,
        description="Folder of earlier releases, with what they hid: a report is protected "
        "against them. Unset: under home.",
    )
    export_expires_days: int = Field(
        90,
        ge=1,
        le=3650,
        description="Exports: days of use where --expires-days is not given. An old copy would "
        "hold what has been erased since.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return what settings are read from: arguments first, then the variables."""
        del env_settings, dotenv_settings, file_secret_settings
        return init_settings, Variables(settings_cls)

    @model_validator(mode="after")
    def _no_clear_payloads_in_production(self) -> Self:
        if self.allow_clear_payloads and self.environment is Environment.PRODUCTION:
            raise ValueError("KPR_ALLOW_CLEAR_PAYLOADS is refused where KPR_ENVIRONMENT=production")
        return self

    @model_validator(mode="after")
    def _no_test_clock_in_production(self) -> Self:
        if self.test_clock and self.environment is Environment.PRODUCTION:
            raise ValueError("KPR_TEST_CLOCK is refused where KPR_ENVIRONMENT=production")
        return self

    @model_validator(mode="after")
    def _small_groups_are_no_smaller_than_small_cells(self) -> Self:
        if self.disclosure_small_group < self.disclosure_threshold:
            raise ValueError("KPR_DISCLOSURE_SMALL_GROUP is less than KPR_DISCLOSURE_THRESHOLD")
        return self


def secret_settings(fields: Mapping[str, FieldInfo]) -> tuple[str, ...]:
    """Return the settings that are secrets: each may come from a file."""
    return tuple(name for name, field in fields.items() if SecretStr in get_args(field.annotation))
