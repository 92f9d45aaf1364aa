"""The imports between the rooms of the package, read from the syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Import:
    """One import of a module of the package, at module level or inside a function."""

    path: str
    """The importing file, relative to the package."""
    line: int
    room: str
    """The folder or module that holds the importing file, directly below the given room."""
    imported: str


def imports_below(package: Path, *within: str) -> Iterator[Import]:
    """Yield the imports from one child of a room to another.

    ``package`` is the folder of the package, `within` the way to the room: nothing for the package
    itself, ("processor",) for that folder.
    """
    for path in sorted(package.joinpath(*within).rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts[len(within) :]
        for line, module in _imported(path.read_text("utf-8")):
            target = module.split(".")
            if target.pop(0) != package.name or tuple(target[: len(within)]) != within:
                continue
            child = target[len(within) : len(within) + 1]
            if child and child[0] != parts[0]:
                yield Import(path.relative_to(package).as_posix(), line, parts[0], child[0])


@cache
def _imported(source: str) -> tuple[tuple[int, str], ...]:
    """Return line and name of each imported module; `from a import b` as `a.b`."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
    return tuple(found)


def upward(imports: Iterator[Import], floors: Sequence[str]) -> list[str]:
    """Return the imports that do not go to a lower floor, and the rooms that have no floor.

    ``floors`` are the names of rooms from the lowest to the highest. Rooms on one floor are named
    together, separated by spaces, and must not import each other.
    """
    height = {room: n for n, floor in enumerate(floors) for room in floor.split()}
    return [
        f"{one.path}:{one.line}: {one.room} imports {one.imported}"
        for one in imports
        if one.room not in height
        or one.imported not in height
        or height[one.imported] >= height[one.room]
    ]
