"""What is the sum of what: one equation for each total and its parts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array

from kpr_stream.analytics.disclosure.hierarchy import Dimension


def equations(
    dimensions: Sequence[Dimension], numbers: npt.NDArray[np.int64], width: int
) -> csr_array:
    """Return a matrix whose product with the cells is zero: total minus parts, a row each.

    ``numbers`` has the column of every cell; the matrix has ``width`` columns.
    """
    rows, columns, signs, next_row = [], [], [], 0
    for axis, one in enumerate(dimensions):
        along = np.moveaxis(numbers, axis, 0).reshape(len(one.nodes), -1)
        place = {node: at for at, node in enumerate(one.nodes)}
        for total, parts in one.children.items():
            for node, sign in ((total, 1), *((part, -1) for part in parts)):
                cells = along[place[node]]
                rows.append(np.arange(next_row, next_row + cells.size))
                columns.append(cells)
                signs.append(np.full(cells.size, sign, np.int64))
            next_row += along.shape[1]
    entries = (np.concatenate(rows), np.concatenate(columns))
    return coo_array((np.concatenate(signs), entries), shape=(next_row, width)).tocsr()
