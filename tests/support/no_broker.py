"""Give access to a broker that does not exist, for tests that never connect."""

from typing import Final

from pydantic import SecretStr

from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.settings import Environment, SecurityProtocol

NO_BROKER: Final = KafkaAccess(
    bootstrap="127.0.0.1:1",
    security_protocol=SecurityProtocol.SASL_PLAINTEXT,
    mechanism="SCRAM-SHA-256",
    username="processor",
    password=SecretStr("none"),
    ca_file=None,
    environment=Environment.TEST,
)
