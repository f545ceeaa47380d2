"""Least squares for weights of which some have to be zero: one small system for each output of a layer."""

import torch
from torch import Tensor

MOST_NUMBERS = 2**18
"""How many numbers the systems that are solved together may hold: 2 MB, so that memory is used again."""


def solve_kept(gram: Tensor, cross: Tensor, kept: Tensor) -> Tensor:
    """Return the weights w (out, in), zero where not kept, that minimise w gram w' - 2 w cross' for each output.

    gram: (in, in), symmetric and positive definite, float64: X'X for inputs X (rows, in), with a ridge.
    cross: (out, in): Y'X for outputs Y (rows, out). kept: bool (out, in).

    Where most is kept, it is cheaper to begin with the solution that keeps everything and to force the few others to
    zero (optimal brain surgeon's form); both give the same.
    """
    solution = torch.zeros_like(cross)
    alive = torch.nonzero(kept.any(1))[:, 0]
    if not len(alive):
        return solution
    if bool((kept[alive] == kept[alive[0]]).all()):  # whole units: all outputs have the same inputs
        columns = torch.nonzero(kept[alive[0]])[:, 0]
        factor = torch.linalg.cholesky(gram[columns][:, columns])
        solution[alive[:, None], columns] = torch.cholesky_solve(cross[alive][:, columns].T, factor).T
        return solution
    few_gone = bool(kept[alive].double().mean() > 0.6)
    if few_gone:
        inverse = torch.cholesky_inverse(torch.linalg.cholesky(gram))
        whole = cross[alive] @ inverse
        pull = _solve_each(inverse, whole, ~kept[alive])
        solution[alive] = (whole - pull @ inverse).masked_fill(~kept[alive], 0)
    else:
        solution[alive] = _solve_each(gram, cross[alive], kept[alive])
    return solution


def _solve_each(matrix: Tensor, right: Tensor, chosen: Tensor) -> Tensor:
    """Solve matrix[S, S] z = right[S] for the chosen places S of each row; zero elsewhere. All (rows, places)."""
    solution = torch.zeros_like(right)
    counts = chosen.sum(1)
    order = counts.argsort()  # rows of about one size together, so that little is filled up
    start = 0
    while start < len(order):
        size, rows = max(1, int(counts[order[start]])), 1
        while start + rows < len(order):
            size = max(1, int(counts[order[start + rows]]))
            if (rows + 1) * size * size > MOST_NUMBERS:
                break
            rows += 1
        some = order[start : start + rows]
        start += rows
        size = max(1, int(counts[some[-1]]))
        places = chosen[some].int().argsort(dim=1, descending=True, stable=True)[:, :size]
        real = chosen[some].gather(1, places)
        systems = matrix[places[:, :, None], places[:, None, :]]
        systems *= real[:, :, None] & real[:, None, :]
        systems.diagonal(dim1=1, dim2=2)[~real] = 1
        values = right[some].gather(1, places) * real
        found = torch.cholesky_solve(values[:, :, None], torch.linalg.cholesky(systems))[:, :, 0]
        solution[some[:, None], places] = found * real
    return solution
