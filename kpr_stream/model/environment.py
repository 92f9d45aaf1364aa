"""Test or production: what a cluster and a database are marked as, and who may join them. Pure.

A cluster carries its mark as a topic: its name says the environment, and it never holds a record.
Everybody may ask whether it exists, nobody but the administrator may make it
(docs/adr/0160-the-environment-is-marked-in-cluster-and-database.md).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final

from kpr_stream.errors import EnvironmentMismatchError


class Environment(StrEnum):
    """Where this runs. Test accepts synthetic national ids only, production real ones only.

    Test accepts synthetic units too (org numbers from 2, 3 or 4), production real ones only.
    """

    TEST = "test"
    PRODUCTION = "production"


MARKS: Final[Mapping[str, Environment]] = {f"kpr.environment.{one}": one for one in Environment}
"""Name of the topic that marks a cluster, and what it marks it as."""
_SETTING: Final = "KPR_ENVIRONMENT"


def mark_topic(environment: Environment) -> str:
    """Return the name of the topic that marks a cluster."""
    return next(name for name, one in MARKS.items() if one is environment)


def marked_as(topics: Collection[str]) -> tuple[Environment, ...]:
    """Return what a cluster with these topics is marked as: nothing, one, or wrongly both."""
    return tuple(environment for name, environment in MARKS.items() if name in topics)


def require_environment(
    place: str, marked: Collection[str], ours: Environment, *, how_to_mark: str
) -> None:
    """Raise EnvironmentMismatchError unless a process of our environment may use a place.

    ``place`` names a cluster or database, ``marked`` what it is marked as. An unmarked place is
    refused in production only: no process of production uses it, so test can do no harm there.
    """
    if list(marked) == [ours] or (not marked and ours is Environment.TEST):
        return
    if not marked:
        raise EnvironmentMismatchError(
            f"{place} is not marked as test or production, and this process runs with "
            f"{_SETTING}={ours}.",
            what_to_do=f"If it is the register's own, mark it: {how_to_mark}.",
        )
    found = " and ".join(marked)
    raise EnvironmentMismatchError(
        f"{place} is marked as {found}, and this process runs with {_SETTING}={ours}.",
        what_to_do=f"Use the addresses of {ours}, or correct {_SETTING}."
        if len(marked) == 1
        else "Remove the wrong mark: a place belongs to one environment.",
    )
