"""Find imports that point upwards between the rooms of a package."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.support.repository import PACKAGE, ROOT


def upward_imports(package: Path, floors: Sequence[str]) -> list[str]:
    """List the imports of a room from a higher one, as ``file: import``.

    ``floors`` are names of the package's folders and files from the lowest to the highest. Names
    on one floor stand together, separated by spaces, and must not import each other.
    """
    floor_of = {name: n for n, floor in enumerate(floors) for name in floor.split()}
    found = []
    for path in sorted(package.rglob("*.py")):
        own = path.relative_to(package).with_suffix("").parts[0]
        if own == "__init__":
            continue
        found += [
            f"{path.relative_to(PACKAGE)}: {name}"
            for name in _imported_rooms(path, package)
            if name != own and floor_of[name] >= floor_of[own]
        ]
    return found


def _imported_rooms(path: Path, package: Path) -> Iterator[str]:
    prefix = ".".join(package.relative_to(ROOT).parts)
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.ImportFrom) or node.module is None:
            continue
        if node.module == prefix:
            yield from (alias.name for alias in node.names)
        elif node.module.startswith(f"{prefix}."):
            yield node.module.removeprefix(f"{prefix}.").partition(".")[0]
