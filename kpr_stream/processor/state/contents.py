"""Contents that a batch has to write again although they are not at hand. Pure.

A marker supersedes an older system's record, or a superseded record comes back: both need content
that lies on our own output topics, since ledgers hold no content. The decision reports which
records are missing, the shell reads them back, and the batch is decided again with them. No
decision depends on a content: only the values that are written do.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final, NamedTuple, ParamSpec, Protocol, TypeVar

from kpr_stream.model.output import OutputRecord
from kpr_stream.processor.state.known import UNCOMMITTED

P = ParamSpec("P")
T = TypeVar("T")

PENDING: Final = b"?"
"""Value of a record that cannot be made yet, because the content it is made from is missing."""


class LogPosition(NamedTuple):
    """Topic and offset of a record within the lane, and its key, to verify what is read there."""

    topic: str
    offset: int
    key: bytes


class Contents:
    """The contents that were read back, those this batch itself writes, and those missing."""

    def __init__(self, read_back: Mapping[LogPosition, bytes] | None = None) -> None:
        self._read_back = read_back or {}
        self._written: dict[tuple[str, bytes], bytes | None] = {}
        self.missing: set[LogPosition] = set()

    def of(self, position: LogPosition) -> bytes | None:
        """Return the value at a position; None if it has to be read back first."""
        if position.offset == UNCOMMITTED:
            value = self._written.get((position.topic, position.key))
            return None if value == PENDING else value
        found = self._read_back.get(position)
        if found is None:
            self.missing.add(position)
        return found

    def again(self) -> Contents:
        """Return the contents that were read back, for deciding the same batch once more."""
        return Contents(self._read_back)

    def note(self, record: OutputRecord) -> None:
        """Keep a record's value for the rest of the batch."""
        self._written[record.topic, record.key] = record.value


ReadBack = Callable[[Collection[LogPosition]], Awaitable[Mapping[LogPosition, bytes]]]
"""Reads values of the lane's own output records."""


class InThread(Protocol):
    """Runs a function where it does not hold up the event loop."""

    def __call__(
        self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Awaitable[T]: ...


class Attempted(Protocol):
    """A decision that counts only if no contents are missing."""

    @property
    def missing(self) -> Collection[LogPosition]: ...


D = TypeVar("D", bound=Attempted)


async def decide_with_contents(
    decide: Callable[[Contents], D], read_back: ReadBack, in_thread: InThread
) -> D:
    """Decide; while contents are missing, read them back and decide again with them."""
    known: dict[LogPosition, bytes] = {}
    while True:
        decided = await in_thread(decide, Contents(known))
        if not decided.missing:
            return decided
        known |= await read_back(decided.missing)
