"""Plan a start: what `up` decides and sends to the supervisor as one JSON value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from kpr_stream.embedded.files import read_json
from kpr_stream.embedded.layout import Layout
from kpr_stream.embedded.ports import choose_ports
from kpr_stream.settings import Settings

KAFKA, CONTROLLER, POSTGRES, REGISTRY = "kafka", "kafka_controller", "postgres", "registry"


@dataclass(frozen=True, slots=True, kw_only=True)
class StackPlan:
    """One start of the stack."""

    home: str
    app_id: str
    environment: str
    """What the stack is marked as: test or production."""
    ports: Mapping[str, int]
    """Port by part, only of the parts to start."""
    jars: tuple[str, ...]
    external: Mapping[str, str]
    """Parts that the settings give an address: the address without its login."""
    tied: bool
    """Whether the stack ends with the process that started it."""

    @property
    def layout(self) -> Layout:
        """Return the stack's paths."""
        return Layout(Path(self.home))

    def to_json(self) -> str:
        """Return the plan as one line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> StackPlan:
        """Read a plan that ``to_json`` wrote."""
        found = json.loads(text)
        return cls(**{**found, "jars": tuple(found["jars"])})


def external_parts(settings: Settings) -> dict[str, str]:
    """Return the parts whose address is set, without logins: a DSN may hold a password."""
    found = {}
    if settings.kafka_bootstrap is not None:
        found[KAFKA] = settings.kafka_bootstrap
    if settings.postgres_dsn is not None:
        address = settings.postgres_dsn.get_secret_value().rpartition("@")[2]
        found[POSTGRES] = address.partition("?")[0].removeprefix("postgresql://")
    return found


def make_plan(
    settings: Settings, layout: Layout, jars: tuple[Path, ...], *, tied: bool
) -> StackPlan:
    """Plan a start and choose its ports. StackError if a port from the settings is taken."""
    external = external_parts(settings)
    wanted = {REGISTRY: settings.registry_port}
    if KAFKA not in external:
        wanted |= {KAFKA: settings.kafka_port, CONTROLLER: 0}
    if POSTGRES not in external:
        wanted[POSTGRES] = settings.postgres_port
    last = {k: v for k, v in (read_json(layout.ports) or {}).items() if isinstance(v, int)}
    return StackPlan(
        home=str(layout.home),
        app_id=settings.app_id,
        environment=settings.environment,
        ports=choose_ports(wanted, last),
        jars=tuple(map(str, jars)),
        external=external,
        tied=tied,
    )
