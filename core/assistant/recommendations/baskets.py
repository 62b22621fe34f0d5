"""Baskets as one sparse matrix: a row a purchase, a column a product."""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from scipy import sparse


class Baskets(NamedTuple):
    """``matrix`` holds a one where the purchase (row, in the order of time) has the product (column)."""

    products: tuple[Hashable, ...]
    matrix: sparse.csr_matrix

    def rows(self, which: slice | np.ndarray) -> Baskets:
        """Return some of the purchases, over the same products."""
        return Baskets(self.products, self.matrix[which])


def of(purchases: Iterable[Iterable[Hashable]]) -> Baskets:
    """Return the baskets of purchases in the order of time; how many of a product does not count."""
    return _built({}, ((row, product) for row, one in enumerate(purchases) for product in one))


def of_lines(lines: Iterable[tuple[int, Hashable]]) -> Baskets:
    """Return the baskets of lines in any order: each the number of its purchase, and the product."""
    return _built({}, lines)


def over(products: Sequence[Hashable], purchases: Iterable[Iterable[Hashable]]) -> Baskets:
    """Return baskets over these products alone; what else was bought is left out."""
    columns = {product: column for column, product in enumerate(products)}
    lines = ((row, each) for row, one in enumerate(purchases) for each in one if each in columns)
    return _built(columns, lines)


def _built(columns: dict[Hashable, int], lines: Iterable[tuple[int, Hashable]]) -> Baskets:
    rows, found = array("l"), array("l")
    for row, product in lines:
        rows.append(row)
        found.append(columns.setdefault(product, len(columns)))
    size = (max(rows) + 1 if rows else 0, len(columns))
    ones = np.ones(len(rows), np.float32)
    matrix = sparse.coo_matrix((ones, (np.asarray(rows), np.asarray(found))), shape=size).tocsr()
    matrix.data[:] = 1.0
    return Baskets(tuple(columns), matrix)
