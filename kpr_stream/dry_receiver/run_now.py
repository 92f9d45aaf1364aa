"""Drive coroutines that never wait: the pipeline with effects that answer at once."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def at_once(work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a function in this thread: the effect ``in_thread`` without a thread."""
    return work(*args, **kwargs)


def run_now(coroutine: Coroutine[Any, Any, T]) -> T:
    """Return the result of a coroutine; AssertionError if it waits for something."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    coroutine.close()
    raise AssertionError("it waits for something")
