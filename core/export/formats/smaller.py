"""The network without its removed units, beside the whole one: its tensors, and its layers' sizes."""

import json

from safetensors.torch import save

from core.measure.encodings import plain_tensors
from core.pruning import Pruned, shrink

LOADING = """## Load the smaller network

`small.safetensors` is the same network without its removed units: fewer parameters, fewer operations, same answers.
Its layers have the sizes of the stored tensors, and groups as `small.json` says:

    import json
    from torch.nn import Parameter

    for name, value in load_file("small.safetensors").items():
        owner, _, leaf = name.rpartition(".")
        layer = network.get_submodule(owner)
        setattr(layer, leaf, Parameter(value) if leaf in layer._parameters else value)
    for name, sizes in json.load(open("small.json")).items():
        vars(network.get_submodule(name)).update(sizes)

"""
"""A section of the README."""


def smaller_network(pruned: Pruned) -> dict[str, bytes]:
    """Write the smaller network as safetensors, and the whole numbers in which its layers differ as JSON.

    Returns file name -> content. Raises BadPlan where the smaller network would answer differently.
    """
    model = shrink(pruned)
    whole = dict(pruned.model.named_modules())
    changed = {}
    for name, module in model.named_modules():
        sizes = {
            key: value
            for key, value in vars(module).items()
            if isinstance(value, int) and not isinstance(value, bool) and value != vars(whole[name]).get(key)
        }
        if sizes:
            changed[name] = sizes
    return {"small.safetensors": save(plain_tensors(model)), "small.json": json.dumps(changed, indent=1).encode()}
