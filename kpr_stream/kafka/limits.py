"""How long a reader of topics waits for Kafka: a process for long, a command in seconds. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kpr_stream.kafka.connect import CONNECT_S
from kpr_stream.kafka.partition_reader import ANSWER_S

PATIENCE_S: Final = 60.0
"""A broker restarts within this time; after it the reading ends with an error."""
GIVE_UP_S: Final = 15.0
"""A command has reported a broker that does not answer within this time."""
COMMAND_ANSWER_S: Final = 5.0
"""Of a command: for one answer. It asks twice before it gives up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLimits:
    """How long a broker may take to connect, may be silent, and may take for one answer."""

    connect_s: float = CONNECT_S
    patience_s: float = PATIENCE_S
    answer_s: float = ANSWER_S


PATIENT: Final = ReadLimits()
"""Of a process that nobody sits in front of: a broker that restarts is waited for."""
IN_FRONT: Final = ReadLimits(patience_s=COMMAND_ANSWER_S, answer_s=COMMAND_ANSWER_S)
"""Of a command that somebody sits in front of."""
