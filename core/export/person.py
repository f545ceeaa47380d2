"""A network with one more user, the person who rated films, as it is taken home."""

from dataclasses import replace

import torch
from torch import Tensor

from core.pruning import Layer, Pruned
from core.tasks.recommender.person import Person, with_person

USERS = "user.weight"
"""The table of users: one row each."""


def pruned_with_person(pruned: Pruned, person: Person) -> Pruned:
    """Return a pruned network with the person as its last user.

    Of their row stays what stays of any user's: whole columns of the table that went are gone for them too.
    Raises TypeError for a network that has no users.
    """
    grown = with_person(pruned.model, person)
    if USERS not in pruned.masks:
        return replace(pruned, model=grown)
    masks = {name: _with_row(mask) if name == USERS else mask for name, mask in pruned.masks.items()}
    with torch.no_grad():
        grown.user.weight[-1].masked_fill_(~masks[USERS][-1], 0)
    layers = tuple(_counted(layer, masks[USERS]) if layer.name == USERS else layer for layer in pruned.layers)
    return replace(pruned, model=grown, masks=masks, layers=layers)


def _with_row(mask: Tensor) -> Tensor:
    """Add a row to what is kept of a table, bool (users, width)."""
    return torch.cat([mask, mask.any(0, keepdim=True)])


def _counted(layer: Layer, mask: Tensor) -> Layer:
    return replace(layer, shape=tuple(mask.shape), weights=mask.numel(), kept=int(torch.count_nonzero(mask)))
