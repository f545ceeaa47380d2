"""The network without its removed units, beside the whole one: its tensors, and its layers' sizes."""

import inspect
import json

from safetensors.torch import save

from core.export.formats.base import Companions
from core.language import text
from core.measure.encodings import plain_tensors
from core.pruning import Pruned, shrink
from core.tasks import fewer_heads

LOADING = """    import json
    from torch.nn import Parameter
{attention}
    for name, value in load_file("small.safetensors").items():
        owner, _, leaf = name.rpartition(".")
        layer = network.get_submodule(owner)
        setattr(layer, leaf, Parameter(value) if leaf in layer._parameters else value)
    for name, sizes in json.load(open("small.json")).items():
        vars(network.get_submodule(name)).update(sizes)

"""
"""Lines of Python for the README; `attention` are those for networks whose attention lost heads."""

ATTENTION = """    from fewer_heads import cut_attention

    cut_attention(network)
"""
"""These lines, for torch's own attention, which cannot have fewer heads."""


def smaller_network(pruned: Pruned) -> Companions:
    """Write the smaller network as safetensors, and the whole numbers in which its layers differ as JSON.

    Raises BadPlan where the smaller network would answer differently.
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
    files = {"small.safetensors": save(plain_tensors(model)), "small.json": json.dumps(changed, indent=1).encode()}
    if not any(isinstance(module, fewer_heads.FewerHeads) for module in model.modules()):
        return Companions(files, _section(LOADING.format(attention="")))
    files["fewer_heads.py"] = inspect.getsource(fewer_heads).encode()
    return Companions(files, _section(LOADING.format(attention=ATTENTION)))


def _section(lines: str) -> str:
    """Write the section of the README about the smaller network."""
    return text(
        "## Load the smaller network\n\n"
        "`small.safetensors` is the same network without its removed units: fewer parameters, fewer operations, same "
        "answers.\nIts layers have the sizes of the stored tensors, and groups as `small.json` says:\n\n{lines}",
        lines=lines,
    )
