"""What outlives a page: experiments, what was found out about them, weights, and visits."""

from core.data_folder import read_artefact
from core.store.artefacts import put_artefact
from core.store.database import Store, StoreUnavailable, open_in_memory, open_store
from core.store.keys import new_key
from core.store.results import (
    Result,
    find_experiment,
    find_result,
    list_results,
    save_experiment,
    save_result,
    tuned_results,
)
from core.store.visits import (
    Node,
    add_node,
    begin_visit,
    delete_node,
    forget_visit,
    hold_artefact,
    list_nodes,
    read_state,
    rename_node,
    save_state,
)

__all__ = [
    "Node",
    "Result",
    "Store",
    "StoreUnavailable",
    "add_node",
    "begin_visit",
    "delete_node",
    "find_experiment",
    "find_result",
    "forget_visit",
    "hold_artefact",
    "list_nodes",
    "list_results",
    "new_key",
    "open_in_memory",
    "open_store",
    "put_artefact",
    "read_artefact",
    "read_state",
    "rename_node",
    "save_experiment",
    "save_result",
    "save_state",
    "tuned_results",
]
