"""What `up` decides and the supervisor carries out, as one JSON value between the two."""

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


@dataclass(frozen=True, slots=True)
class StackPlan:
    """A start: ports by part (only of parts that are started), and what is somebody else's."""

    home: str
    app_id: str
    ports: Mapping[str, int]
    jars: tuple[str, ...]
    external: Mapping[str, str]
    """Parts that the settings give an address, with what may be shown of it."""
    tied: bool
    """Whether the stack ends with the process that asked for it."""

    @property
    def layout(self) -> Layout:
        """Where everything lies."""
        return Layout(Path(self.home))

    def to_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> StackPlan:
        """The other way."""
        found = json.loads(text)
        return cls(**{**found, "jars": tuple(found["jars"])})


def external_parts(settings: Settings) -> dict[str, str]:
    """Parts whose address is set. The database's shows no login: a DSN may hold a password."""
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
    """Choose ports for what is to be started; StackError if a port asked for is taken."""
    external = external_parts(settings)
    asked = {REGISTRY: settings.registry_port}
    if KAFKA not in external:
        asked |= {KAFKA: settings.kafka_port, CONTROLLER: 0}
    if POSTGRES not in external:
        asked[POSTGRES] = settings.postgres_port
    last = {k: v for k, v in (read_json(layout.ports) or {}).items() if isinstance(v, int)}
    return StackPlan(
        home=str(layout.home),
        app_id=settings.app_id,
        ports=choose_ports(asked, last),
        jars=tuple(map(str, jars)),
        external=external,
        tied=tied,
    )
