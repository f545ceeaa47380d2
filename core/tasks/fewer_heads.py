"""torch's own attention with fewer heads, which torch's layer cannot have; needs nothing but torch, and goes along.

A download with such a network holds this file.
"""

from torch import Tensor, nn
from torch.nn import functional as F


class FewerHeads(nn.Module):
    """Attend as nn.MultiheadAttention does, with as many heads as its weights have room for.

    Its parameters have the names they have there: in_proj_weight and in_proj_bias hold query, key and value one above
    the other, (3 * heads * width, embed) and (3 * heads * width,); out_proj.weight is (embed, heads * width).
    """

    def __init__(self, whole: nn.MultiheadAttention) -> None:
        super().__init__()
        self.width = whole.embed_dim // whole.num_heads
        self.batch_first = whole.batch_first
        self.dropout = whole.dropout
        self.in_proj_weight = whole.in_proj_weight
        self.in_proj_bias = whole.in_proj_bias
        self.out_proj = nn.Linear(whole.embed_dim, whole.embed_dim, whole.out_proj.bias is not None, device="meta")
        self.out_proj.weight, self.out_proj.bias = whole.out_proj.weight, whole.out_proj.bias
        self.train(whole.training)

    def forward(self, query: Tensor, key: Tensor, value: Tensor, need_weights: bool = False) -> tuple[Tensor, None]:
        """Return what the heads say, of the shape of `query`; what each looks at is never told."""
        given = [each if self.batch_first else each.transpose(0, 1) for each in (query, key, value)]
        biases = [None] * 3 if self.in_proj_bias is None else self.in_proj_bias.chunk(3)
        q, k, v = (
            F.linear(each, weight, bias).unflatten(-1, (-1, self.width)).transpose(1, 2)  # (n, heads, places, width)
            for each, weight, bias in zip(given, self.in_proj_weight.chunk(3), biases, strict=True)
        )
        said = F.scaled_dot_product_attention(q, k, v, dropout_p=self.dropout if self.training else 0.0)
        said = self.out_proj(said.transpose(1, 2).flatten(2))  # (n, places, embed)
        return (said if self.batch_first else said.transpose(0, 1)), None


def cut_attention(network: nn.Module) -> None:
    """Replace each nn.MultiheadAttention of a network, in place, by one that can have fewer heads."""
    for name, layer in list(network.named_modules()):
        if isinstance(layer, nn.MultiheadAttention):
            network.set_submodule(name, FewerHeads(layer))
