"""Keep what was made of a value, for the values that come again. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, Generic, TypeVar

LARGEST: Final = 4_096
"""Values that are kept; timestamps and measures would otherwise fill the memory."""
LONGEST_TEXT: Final = 24
"""Characters of a text that is kept: codes, not keys and ids."""
Made = TypeVar("Made")


class ByValue(dict[Any, Made], Generic[Made]):
    """What ``make`` returns, by value; ``keep`` decides which values are kept. An error is not."""

    def __init__(self, make: Callable[[Any], Made], keep: Callable[[Any], bool]) -> None:
        super().__init__()
        self._make, self._keep = make, keep

    def column(self, values: Iterable[Any]) -> Iterable[Made]:
        """Return what is made of many values, in their order."""
        return map(self.__getitem__, values)

    def __missing__(self, value: Any) -> Made:  # noqa: ANN401 - any value that can be a key
        made = self._make(value)
        if value is None or self._keep(value):
            if len(self) >= LARGEST:
                self.clear()
            self[value] = made
        return made


def is_short(value: str | None) -> bool:
    """Return whether a text can be a code or a number, and so come again."""
    return value is None or len(value) <= LONGEST_TEXT
