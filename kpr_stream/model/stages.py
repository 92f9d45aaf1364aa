"""The stages of a worker's transaction, and how pure code has the time of one taken. Pure.

The clock is handed in as a function: pure code names the stage, and the worker measures.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Stage(StrEnum):
    """What a delivery goes through in a worker, in this order."""

    INTAKE = "intake"
    """Envelopes are read and checked."""
    CHOOSE = "choose"
    """By sequence and admission, the deliveries that are worth decrypting."""
    DECRYPT = "decrypt"
    DECODE = "decode"
    VALIDATE = "validate"
    ENRICH = "enrich"
    DECIDE = "decide"
    """Outcomes and all output records. A batch that needs earlier content is decided again."""
    SEND = "send"
    """From the beginning of the transaction until Kafka has every output record."""
    OFFSETS = "offsets"
    """The source offsets become part of the transaction."""
    COMMIT = "commit"
    LEDGER = "ledger"
    """What was written is entered in the ledger."""


Measure = Callable[[Stage], AbstractContextManager[None]]
"""Takes the time of the block that it guards."""


def unmeasured(_: Stage) -> AbstractContextManager[None]:
    """Take no time: where nobody serves metrics."""
    return nullcontext()


def measured(measure: Measure, stage: Stage, work: Callable[P, T]) -> Callable[P, T]:
    """Return the function with its time taken, wherever it runs."""

    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        with measure(stage):
            return work(*args, **kwargs)

    return run
