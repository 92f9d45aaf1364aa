"""What the processes record, whatever records it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Protocol

Attributes = Mapping[str, str | int]
"""Names and values of a span: nothing about a person, and no org number."""
NOTHING: Final[Attributes] = MappingProxyType({})


class Span(Protocol):
    """A piece of work that has begun. It is recorded when it ends, and never if it does not."""

    traceparent: str | None
    """The header with which another process adds to the same trace; None: nothing is traced."""

    def end(self, attributes: Attributes = NOTHING) -> None:
        """Record the span, with what is known only now."""


class Traces(Protocol):
    """Begins spans."""

    enabled: bool

    def begin(
        self,
        name: str,
        *,
        parent: str | None = None,
        at_s: float | None = None,
        attributes: Attributes = NOTHING,
    ) -> Span:
        """Begin a span under a parent, or a trace of its own.

        ``parent``: a valid header value. ``at_s``: when it began, in seconds since 1970; without:
        now.
        """

    def close(self) -> None:
        """Send what was recorded, and end."""


class NoSpan:
    """Records nothing."""

    traceparent: str | None = None

    def end(self, attributes: Attributes = NOTHING) -> None:
        """See Span."""


class NoTraces:
    """The tracer of a process whose traces are off."""

    enabled = False

    def begin(
        self,
        name: str,
        *,
        parent: str | None = None,
        at_s: float | None = None,
        attributes: Attributes = NOTHING,
    ) -> Span:
        """See Traces."""
        del name, parent, at_s, attributes
        return NO_SPAN

    def close(self) -> None:
        """See Traces."""


NO_SPAN = NoSpan()
NO_TRACES = NoTraces()
