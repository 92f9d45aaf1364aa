"""What is said of a cluster that does not do what it is asked."""

from __future__ import annotations

from typing import Any, cast

import pytest
from confluent_kafka import KafkaError, KafkaException

from kpr_stream.embedded.kafka.provision import topic_names
from kpr_stream.errors import BrokerError


class Admin:
    """A cluster that answers a question with an error."""

    def __init__(self, code: int) -> None:
        self._code = code

    def list_topics(self, *, timeout: float) -> Any:
        del timeout
        raise KafkaException(KafkaError(self._code))


def refused(code: int) -> BrokerError:
    with pytest.raises(BrokerError) as told:
        topic_names(cast("Any", Admin(code)), limit_s=1)
    assert "KafkaError{" not in told.value.message
    return told.value


@pytest.mark.parametrize("code", [KafkaError._TRANSPORT, KafkaError._TIMED_OUT])
def test_a_silent_broker_is_not_told_as_one_that_refuses(code: int) -> None:
    error = refused(code)
    assert "does not answer" in error.message
    assert "its log" in error.what_to_do


def test_a_refusal_is_told_with_what_the_login_must_be() -> None:
    error = refused(KafkaError.CLUSTER_AUTHORIZATION_FAILED)
    assert "does not answer" not in error.message
    assert "super user" in error.what_to_do
