"""Give access to the embedded broker as its super user."""

from __future__ import annotations

from pydantic import SecretStr

from kpr_stream.embedded.credentials import Credentials
from kpr_stream.embedded.ports import LOOPBACK
from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.model.environment import Environment
from kpr_stream.model.topics import Role
from kpr_stream.settings import SecurityProtocol


def superuser_access(port: int, logins: Credentials, environment: Environment) -> KafkaAccess:
    """Access to the embedded broker on a port, whatever other broker the settings name."""
    return KafkaAccess(
        bootstrap=f"{LOOPBACK}:{port}",
        security_protocol=SecurityProtocol.SASL_PLAINTEXT,
        mechanism="SCRAM-SHA-256",
        username=str(Role.ADMIN),
        password=SecretStr(logins["kafka"][Role.ADMIN]),
        ca_file=None,
        environment=environment,
    )
