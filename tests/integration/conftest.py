"""Fixtures of every integration test: the one embedded stack, and a fresh state in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kpr_stream.settings import Settings
from tests.support.stack import fresh_topics, one_stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of the one stack of this run. It stops at the end, whatever happens."""
    with one_stack(tmp_path_factory.mktemp("stack")) as settings:
        yield settings


@pytest.fixture
def clean_stack(stack: Settings) -> Settings:
    """The same stack with every topic empty. Groups keep their offsets: use a name of your own."""
    fresh_topics(stack)
    return stack
