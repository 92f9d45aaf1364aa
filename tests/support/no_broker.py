"""Give access to a broker that does not exist, for tests that never connect."""

from typing import Final

from pydantic import SecretStr

from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.settings import SecurityProtocol

NO_BROKER: Final = KafkaAccess(
    "127.0.0.1:1",
    SecurityProtocol.SASL_PLAINTEXT,
    "SCRAM-SHA-256",
    "processor",
    SecretStr("none"),
    None,
)
