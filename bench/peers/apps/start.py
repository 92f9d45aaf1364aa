"""What the harness hands to a peer, read from the environment."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bench.peers.apps.bare import output_topic


@dataclass(frozen=True)
class Start:
    """A peer's start: names, folder and login."""

    name: str
    group: str
    state: Path
    bootstrap: str
    access: Path

    @classmethod
    def from_environment(cls) -> Start:
        """Read the variables of the contract; KeyError if one is missing."""
        env = os.environ
        return cls(
            env["NAME"],
            env["GROUP"],
            Path(env["STATE_DIR"]),
            env["BOOTSTRAP"],
            Path(env["PEER_ACCESS"]),
        )

    @property
    def output(self) -> str:
        """The topic to write."""
        return output_topic(self.name)

    @cached_property
    def properties(self) -> dict[str, str]:
        """The properties of a Kafka client."""
        found: dict[str, str] = json.loads(self.access.read_text("utf-8"))
        return found

    def for_librdkafka(self) -> dict[str, str]:
        """Return the settings of a librdkafka client: all but Java's own."""
        java = "sasl.jaas.config"
        return {name: value for name, value in self.properties.items() if name != java}

    def for_aiokafka(self) -> dict[str, Any]:
        """Return the arguments of an aiokafka client."""
        names = {
            "bootstrap.servers": "bootstrap_servers",
            "security.protocol": "security_protocol",
            "sasl.mechanism": "sasl_mechanism",
            "sasl.username": "sasl_plain_username",
            "sasl.password": "sasl_plain_password",
        }
        return {ours: self.properties[name] for name, ours in names.items()}


def ready() -> None:
    """Report that this peer has its partitions and its state is open."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
