"""Provide one stack for every fault test that does not need its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.faults.harness.cluster import Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Run a stack for the session. Each scenario recreates its topics."""
    stack = Stack(tmp_path_factory.mktemp("shared") / "stack")
    asyncio.run(stack.start())
    yield stack
    asyncio.run(stack.stop())
