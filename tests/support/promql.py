"""Read names out of PromQL expressions: metrics, labels and the values they are compared with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_STRING: Final = re.compile(r'"[^"]*"')
_SELECTOR: Final = re.compile(r"(?<![\w:])([a-zA-Z_:][\w:]*)\{([^}]*)\}")
_MATCHER: Final = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')
_GROUPING: Final = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
_WINDOW: Final = re.compile(r"\[[^\]]*\]|offset\s+\S+")
_NAME: Final = re.compile(r"(?<![\w:.])([a-zA-Z_:][\w:]*)(?!\s*\()(?![\w:])")
_WORDS: Final = {"and", "or", "unless", "bool", "offset"}


class Matcher(NamedTuple):
    """One label of a selector, and what it is compared with."""

    metric: str
    label: str
    operator: str
    value: str


def metric_names(expression: str) -> set[str]:
    """Return the names of all series that an expression selects."""
    bare = _WINDOW.sub(" ", _GROUPING.sub(" ", _STRING.sub('""', expression)))
    bare = re.sub(r"\{[^}]*\}", " ", bare)
    return set(_NAME.findall(bare)) - _WORDS


def grouped_labels(expression: str) -> set[str]:
    """Return the labels that an expression aggregates or joins by."""
    lists = _GROUPING.findall(_STRING.sub('""', expression))
    return {label.strip() for one in lists for label in one.split(",") if label.strip()}


def matchers(expression: str) -> Iterator[Matcher]:
    """Yield the labels of all selectors."""
    for metric, inside in _SELECTOR.findall(expression):
        for label, operator, value in _MATCHER.findall(inside):
            yield Matcher(metric, label, operator, value)
