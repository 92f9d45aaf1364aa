"""Contents that a batch has to write again although they are not in hand.

A marker replaces an older system's record, and a record is restored, with content that lies on our
own topics; ledgers hold no content. A decision therefore names the contents that are missing, the
shell reads them back, and the same is decided again. What is decided never depends on a content.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final, NamedTuple, ParamSpec, Protocol, TypeVar

from kpr_stream.model.output import OutputRecord
from kpr_stream.processor.state.entries import NOT_YET

P = ParamSpec("P")
T = TypeVar("T")


class Unmade(bytes):
    """The type of ``UNMADE``."""

    __slots__ = ()


UNMADE: Final = Unmade(b"?")
"""In place of a value that cannot be made yet, because the content for it is missing. A record
with this value is never written: its decision is discarded."""


class Place(NamedTuple):
    """Where a record lies: topic and offset within the lane, and its key, to be sure of it."""

    topic: str
    offset: int
    key: bytes

    @property
    def is_of_this_batch(self) -> bool:
        """Whether the record is written by the very batch that is decided."""
        return self.offset == NOT_YET


class Contents:
    """What was read back, what this batch itself writes, and what is still missing."""

    def __init__(self, read_back: Mapping[Place, bytes] | None = None) -> None:
        self._read_back = read_back or {}
        self._written: dict[tuple[str, bytes], bytes | None] = {}
        self.missing: set[Place] = set()

    def of(self, place: Place) -> bytes | None:
        """The value of the newest record of a key; None if it has to be read back first."""
        if place.is_of_this_batch:
            value = self._written.get((place.topic, place.key))
            return None if isinstance(value, Unmade) else value
        found = self._read_back.get(place)
        if found is None:
            self.missing.add(place)
        return found

    def note(self, record: OutputRecord) -> None:
        """Keep a record's value for the rest of the batch."""
        self._written[record.topic, record.key] = record.value


ReadBack = Callable[[Collection[Place]], Awaitable[Mapping[Place, bytes]]]
"""Reads values of the lane's own output records."""


class InThread(Protocol):
    """Runs a function where it does not hold up the event loop."""

    def __call__(
        self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Awaitable[T]: ...


class Attempted(Protocol):
    """A decision that counts only if no contents are missing."""

    @property
    def missing(self) -> Collection[Place]: ...


D = TypeVar("D", bound=Attempted)


async def decide_with_contents(
    decide: Callable[[Contents], D], read_back: ReadBack, in_thread: InThread
) -> D:
    """Decide; while contents are missing, read them back and decide again with them."""
    known: dict[Place, bytes] = {}
    while True:
        decided = await in_thread(decide, Contents(known))
        if not decided.missing:
            return decided
        known |= await read_back(decided.missing)
