"""Who may join a cluster or a database that is marked as test, as production, or not at all."""

from __future__ import annotations

import pytest

from kpr_stream.errors import EnvironmentMismatchError
from kpr_stream.model.environment import (
    MARKS,
    Environment,
    mark_topic,
    marked_as,
    require_environment,
)
from kpr_stream.model.topics import TOPICS

TEST, PRODUCTION = Environment.TEST, Environment.PRODUCTION


def refusal(marked: tuple[Environment, ...], ours: Environment) -> EnvironmentMismatchError:
    with pytest.raises(EnvironmentMismatchError) as caught:
        require_environment("Kafka at a:1", marked, ours, how_to_mark="`mark it`")
    return caught.value


@pytest.mark.parametrize(("marked", "ours"), [((TEST,), TEST), ((PRODUCTION,), PRODUCTION)])
def test_the_same_environment_is_accepted(
    marked: tuple[Environment, ...], ours: Environment
) -> None:
    require_environment("x", marked, ours, how_to_mark="y")


@pytest.mark.parametrize(("marked", "ours"), [(TEST, PRODUCTION), (PRODUCTION, TEST)])
def test_another_environment_is_refused_and_both_are_named(
    marked: Environment, ours: Environment
) -> None:
    error = refusal((marked,), ours)
    for part in ("Kafka at a:1", f"marked as {marked}", f"KPR_ENVIRONMENT={ours}"):
        assert part in error.message
    assert "KPR_ENVIRONMENT" in error.what_to_do


def test_without_a_mark_production_is_refused_and_learns_how_to_mark() -> None:
    assert "`mark it`" in refusal((), PRODUCTION).what_to_do
    require_environment("x", (), TEST, how_to_mark="y")


@pytest.mark.parametrize("ours", Environment)
def test_two_marks_are_refused_everywhere(ours: Environment) -> None:
    assert "test and production" in refusal((TEST, PRODUCTION), ours).message


def test_a_mark_is_found_among_the_topics_of_a_cluster() -> None:
    names = [topic.name for topic in TOPICS]
    assert marked_as(names) == ()
    for environment in Environment:
        assert marked_as([*names, mark_topic(environment)]) == (environment,)
    assert set(MARKS.values()) == set(Environment)
