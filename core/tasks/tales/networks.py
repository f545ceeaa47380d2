"""The network that writes: a small transformer that guesses the next word piece from those before it."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Attention(nn.Module):
    """Attention of several heads, each place looking at itself and what stands before it (Vaswani et al. 2017).

    How many heads there are follows from the weights, so that heads can be taken out.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.head_width = width // heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        parts = (each(x).unflatten(-1, (-1, self.head_width)) for each in (self.query, self.key, self.value))
        query, key, value = (each.transpose(1, 2) for each in parts)  # (n, heads, length, head_width)
        seen = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        return self.out(seen.transpose(1, 2).flatten(2))  # (n, length, width)


class Block(nn.Module):
    """Attention and a feed-forward layer, each added to what it read after normalisation (Radford et al. 2019)."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.dropout(self.attention(self.norm1(x)))
        return x + self.dropout(self.fc2(F.gelu(self.fc1(self.norm2(x)))))


class TaleWriter(nn.Module):
    """A transformer that reads word pieces and guesses after each of them which one comes next.

    Takes numbers of word pieces (n, length), at most `context` long; answers (n, length, pieces). The embedding of a
    piece is also what its answer is read off with (Press and Wolf 2017), so that these weights count once.
    """

    def __init__(
        self,
        pieces: int = 1024,
        width: int = 192,
        layers: int = 4,
        heads: int = 6,
        context: int = 128,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.context = context
        self.embedding = nn.Embedding(pieces, width)
        self.position = nn.Parameter(torch.empty(context, width))
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(Block(width, heads, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self._draw(layers)

    def _draw(self, layers: int) -> None:
        """Draw all weights, smaller where a block adds to what it read, so that the sum keeps its size."""
        for name, weight in self.named_parameters():
            if weight.ndim == 2:
                adds = name.endswith(("attention.out.weight", "fc2.weight"))
                nn.init.normal_(weight, std=0.02 / (2 * layers) ** 0.5 if adds else 0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(weight)

    def forward(self, pieces: Tensor) -> Tensor:
        x = self.dropout(self.embedding(pieces) + self.position[: pieces.shape[1]])  # (n, length, width)
        for block in self.blocks:
            x = block(x)
        return F.linear(self.norm(x), self.embedding.weight)
