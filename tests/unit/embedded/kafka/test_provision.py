"""Error messages for a cluster that does not answer or refuses."""

from __future__ import annotations

from typing import Any, cast

import pytest
from confluent_kafka import KafkaError, KafkaException

from kpr_stream.embedded.kafka.provision import topic_names
from kpr_stream.errors import BrokerError


class Admin:
    """A cluster that answers every request with an error."""

    def __init__(self, code: int) -> None:
        self._code = code

    def list_topics(self, *, timeout: float) -> Any:
        del timeout
        raise KafkaException(KafkaError(self._code))


def listing_error(code: int) -> BrokerError:
    with pytest.raises(BrokerError) as caught:
        topic_names(cast("Any", Admin(code)), limit_s=1)
    assert "KafkaError{" not in caught.value.message
    return caught.value


@pytest.mark.parametrize("code", [KafkaError._TRANSPORT, KafkaError._TIMED_OUT])
def test_a_silent_broker_is_not_reported_as_one_that_refuses(code: int) -> None:
    error = listing_error(code)
    assert "does not answer" in error.message
    assert "its log" in error.what_to_do


def test_a_refusal_names_the_login_that_is_needed() -> None:
    error = listing_error(KafkaError.CLUSTER_AUTHORIZATION_FAILED)
    assert "does not answer" not in error.message
    assert "super user" in error.what_to_do
