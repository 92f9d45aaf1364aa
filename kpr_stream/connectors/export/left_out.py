"""Name what is not sent of a file while the rest of the file is. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kpr_stream.errors import KprError


class Part(StrEnum):
    """How much is left out."""

    VALUE = "value"  # an optional value: everything else is sent
    ITEM = "item"  # one consultation, appointment or deletion
    UNIT = "unit"  # a unit's part of the file; it is tried again in the next run


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What is not sent, why, and what to do. Holds no value of the file.

    ``pointer`` is a JSON pointer (RFC 6901) into the file, "" for the whole file.
    """

    part: Part
    file: str
    pointer: str
    problem: str
    what_to_do: str
    cause: KprError | None = None
    """The error of a unit that failed."""

    @property
    def message(self) -> str:
        """Return the place and the problem as one text."""
        return f"{self.file}{'#' if self.pointer else ''}{self.pointer}: {self.problem}."

    def as_json(self) -> dict[str, str]:
        """Return this as a JSON value."""
        return {
            "part": self.part.value,
            "file": self.file,
            "pointer": self.pointer,
            "problem": self.problem,
            "what_to_do": self.what_to_do,
        }


def failed_unit(file: str, pointer: str, error: KprError) -> LeftOut:
    """Return what to report of a unit at which something failed; ``pointer`` is the unit's."""
    return LeftOut(Part.UNIT, file, pointer, error.message, error.what_to_do, error)
