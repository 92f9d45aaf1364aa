"""A way to a broker that is not there, for what is made before it is reached."""

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
