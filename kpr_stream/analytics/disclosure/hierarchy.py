"""One dimension of a table: a tree in which every node is the sum of its children."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Dimension:
    """A column of the table and its tree. ``parents`` names the total of each node but the root.

    A leaf may lie at any depth: Oslo has districts, most municipalities have none. The children
    of a node must be all that it consists of; "unknown district" is a child too. ValueError
    where ``parents`` is no tree with one root.
    """

    name: str
    parents: Mapping[str, str]

    def __post_init__(self) -> None:
        roots = set(self.parents.values()) - set(self.parents)
        if len(roots) != 1:
            raise ValueError(f"Dimension {self.name} has {len(roots)} roots; it must have one.")
        if len(self.nodes) != len(self.parents) + 1:
            raise ValueError(f"Dimension {self.name} holds a circle.")

    @cached_property
    def root(self) -> str:
        """The node that is the sum of everything."""
        return next(iter(set(self.parents.values()) - set(self.parents)))

    @cached_property
    def children(self) -> dict[str, tuple[str, ...]]:
        """The parts of every total, sorted."""
        parts: dict[str, list[str]] = {}
        for node, total in sorted(self.parents.items()):
            parts.setdefault(total, []).append(node)
        return {total: tuple(nodes) for total, nodes in parts.items()}

    @cached_property
    def nodes(self) -> tuple[str, ...]:
        """All nodes, totals before their parts: the order of the cells along this axis."""
        found = [self.root]
        for node in found:
            found += self.children.get(node, ())
        return tuple(found)

    @cached_property
    def leaves(self) -> tuple[str, ...]:
        """The nodes that have no parts, in the order of ``nodes``."""
        return tuple(node for node in self.nodes if node not in self.children)

    @cached_property
    def sums(self) -> npt.NDArray[np.int64]:
        """Return nodes × leaves: 1 where the leaf is part of the node."""
        matrix = np.zeros((len(self.nodes), len(self.leaves)), np.int64)
        place = {node: row for row, node in enumerate(self.nodes)}
        for column, leaf in enumerate(self.leaves):
            node: str | None = leaf
            while node is not None:
                matrix[place[node], column] = 1
                node = self.parents.get(node)
        return matrix

    @cached_property
    def branches(self) -> npt.NDArray[np.int64]:
        """Return for each node the branch below the root that it is inside of; -1 for none.

        The root and its children are inside of none: for regions, a municipality is inside its
        county, and counties and the nation are -1.
        """
        top = {node: at for at, node in enumerate(self.children[self.root])}
        inside = []
        for node in self.nodes:
            above = self.parents.get(node)
            while above is not None and above not in top:
                above = self.parents.get(above)
            inside.append(-1 if above is None else top[above])
        return np.array(inside, np.int64)

    @cached_property
    def heights(self) -> npt.NDArray[np.int64]:
        """Return for each node how many levels of parts are below it: 0 for a leaf."""
        height = dict.fromkeys(self.nodes, 0)
        for node in reversed(self.nodes):
            if node in self.parents:
                total = self.parents[node]
                height[total] = max(height[total], height[node] + 1)
        return np.array([height[node] for node in self.nodes], np.int64)


PART = "part"
"""Name of the dimension that divides a group into those with and those without, or by answer."""
PARTS = Dimension(PART, {"numerator": "denominator", "complement": "denominator"})
"""A share as three additive counts: those with, those without, and all that were asked about."""
