"""Models of what is bought together: EASE where its dense inverse fits, cosines of products where not.

EASE: H. Steck, Embarrassingly Shallow Autoencoders for Sparse Data, WWW 2019 (arXiv:1905.03375): with the
Gram matrix G of the baskets and P = (G + lambda I)^-1, the weight of product i for product j is
-P[i, j] / P[j, j], and none for itself. What is kept are the strongest weights of each product.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import linalg, sparse

from core.assistant.recommendations.baskets import Baskets
from core.assistant.recommendations.neighbours import Neighbours

DENSE_MOST = 8_000
"""With more products the inverse (4 n^2 bytes, and as much to work in) would not fit in 1 GiB."""
LAMBDA = 1000.0
NEIGHBOURS = 100
_SHRINK = 10.0
_BLOCK = 1_000

ProgressCallback = Callable[[float], None]
"""Called with the share that is done."""


def popularity(baskets: Baskets) -> np.ndarray:
    """Return in which share of the baskets each product is."""
    counts = np.asarray(baskets.matrix.sum(axis=0)).ravel()
    shares: np.ndarray = (counts / max(1, baskets.matrix.shape[0])).astype(np.float32)
    return shares


def learn(
    baskets: Baskets, *, strength: float = LAMBDA, said: ProgressCallback = lambda share: None
) -> Neighbours:
    """Return what is bought together. ``strength`` is EASE's lambda."""
    products = baskets.matrix.shape[1]
    if products == 0:
        return _nobody(baskets)
    if products <= DENSE_MOST:
        return _ease(baskets, strength, said)
    return _cosines(baskets, said)


def only_popular(baskets: Baskets) -> Neighbours:
    """Return the model that knows of nothing but popularity, to measure others by."""
    return _nobody(baskets)


def _nobody(baskets: Baskets) -> Neighbours:
    products = baskets.matrix.shape[1]
    nothing = np.zeros(0, np.float32)
    starts = np.zeros(products + 1, np.int64)
    return Neighbours("popularity", starts, nothing.astype(np.int32), nothing, popularity(baskets))


def _ease(baskets: Baskets, strength: float, said: ProgressCallback) -> Neighbours:
    gram = (baskets.matrix.T @ baskets.matrix).toarray().astype(np.float32)
    gram[np.diag_indices_from(gram)] += strength
    said(0.2)
    # Symmetric and positive definite: half the work of a general inverse, in the same memory.
    factor, _ = linalg.cho_factor(gram, lower=True, overwrite_a=True, check_finite=False)
    inverse, failed = linalg.lapack.spotri(factor, lower=True, overwrite_c=True)
    if failed:
        raise ArithmeticError(f"spotri: {failed}")
    inverse = np.tril(inverse) + np.tril(inverse, -1).T
    said(0.8)
    weights = inverse
    diagonal = np.diag(inverse).copy()
    weights /= -diagonal
    np.fill_diagonal(weights, 0.0)
    return _strongest("ease", lambda start, end: weights[start:end], len(weights), popularity(baskets), said)


def _cosines(baskets: Baskets, said: ProgressCallback) -> Neighbours:
    """Return shrunk cosines of the products' columns, a block of rows at a time."""
    columns = baskets.matrix.tocsc()
    counts = np.asarray(columns.sum(axis=0)).ravel()
    scale = sparse.diags(1.0 / np.sqrt(counts + _SHRINK)).astype(np.float32)
    unit = (columns @ scale).tocsc()
    turned = unit.T.tocsr()

    def block(start: int, end: int) -> np.ndarray:
        found: np.ndarray = (turned[start:end] @ unit).toarray()
        found[np.arange(end - start), np.arange(start, end)] = 0.0
        return found

    return _strongest("cosine", block, columns.shape[1], popularity(baskets), said)


def _strongest(
    kind: str,
    block: Callable[[int, int], np.ndarray],
    products: int,
    popular: np.ndarray,
    said: ProgressCallback,
) -> Neighbours:
    """Return the strongest weights of each row, negative ones too: evidence against counts as much."""
    kept = min(NEIGHBOURS, products)
    columns = np.empty((products, kept), np.int32)
    weights = np.empty((products, kept), np.float32)
    for start in range(0, products, _BLOCK):
        end = min(start + _BLOCK, products)
        rows = block(start, end)
        if kept < products:
            chosen = np.argpartition(-np.abs(rows), kept - 1, axis=1)[:, :kept]
        else:
            chosen = np.broadcast_to(np.arange(products), rows.shape)
        columns[start:end] = chosen
        weights[start:end] = np.take_along_axis(rows, chosen, axis=1)
        said(0.8 + 0.2 * end / products)
    starts = np.arange(0, products * kept + 1, kept, dtype=np.int64)
    return Neighbours(kind, starts, columns.ravel(), weights.ravel(), popular)
