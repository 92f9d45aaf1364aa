"""What is said of each failure of a Kafka client, and that only a failure to connect is one."""

from __future__ import annotations

import ssl

import pytest
from aiokafka import errors

from kpr_stream.kafka.failures import _MEANINGS, is_unreachable, meaning_of

NOT_CONNECTED = (
    *(errors.KafkaConnectionError, errors.NodeNotReadyError, errors.NoBrokersAvailable),
    *(errors.KafkaUnavailableError, ConnectionRefusedError, TimeoutError, OSError),
)
RESPONSES = tuple(
    one
    for one in vars(errors).values()
    if isinstance(one, type)
    and issubclass(one, errors.BrokerResponseError)
    and hasattr(one, "errno")
)


@pytest.mark.parametrize("kind", NOT_CONNECTED)
def test_a_failure_to_connect_cannot_be_reached(kind: type[Exception]) -> None:
    assert is_unreachable(kind())
    assert "cannot be reached" in meaning_of(kind()).text


@pytest.mark.parametrize("kind", RESPONSES)
def test_no_answer_of_a_broker_is_told_as_a_broker_that_is_away(kind: type[Exception]) -> None:
    assert len(RESPONSES) > 60
    assert not is_unreachable(kind())


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (errors.TopicAuthorizationFailedError, "does not allow"),
        (errors.GroupAuthorizationFailedError, "does not allow"),
        (errors.TransactionalIdAuthorizationFailed, "does not allow"),
        (errors.SaslAuthenticationFailed, "refuses the login"),
        (errors.AuthenticationFailedError, "refuses the login"),
        (errors.UnsupportedSaslMechanismError, "kind of login"),
        (errors.UnknownTopicOrPartitionError, "has no topics of KPR"),
        (errors.MessageSizeTooLargeError, "record of this size"),
        (errors.RecordListTooLargeError, "record of this size"),
        (errors.RequestTimedOutError, "in time"),
        (errors.KafkaTimeoutError, "in time"),
        (errors.NotEnoughReplicasError, "replicas in sync"),
        (errors.LeaderNotAvailableError, "no leader"),
        (errors.GroupCoordinatorNotAvailableError, "coordinator"),
        (errors.UnsupportedVersionError, "too old"),
        (errors.KafkaStorageError, "disks"),
        (errors.InvalidTxnState, "transaction"),
        (errors.IllegalStateError, "failed a request"),
        (errors.UnknownError, "failed a request"),
        (ssl.SSLCertVerificationError, "certificate"),
    ],
)
def test_each_kind_has_its_own_text(kind: type[Exception], text: str) -> None:
    assert text in meaning_of(kind()).text
    assert not is_unreachable(kind())


def test_most_names_in_the_table_are_classes_of_the_client() -> None:
    """Newer releases of the client have the others."""
    unknown = {name for name in _MEANINGS if not hasattr(errors, name)}
    assert unknown == {"InvalidRecord"}


def test_a_refused_login_names_the_clients_that_are_refused_with_the_right_password() -> None:
    assert "librdkafka below 2.6.1" in meaning_of(errors.AuthenticationFailedError()).what_to_do
