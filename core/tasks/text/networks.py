"""The text networks that ship: a small convolutional one, and a transformer from a folder."""

import copy
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

HERE = Path(__file__).parent


class TextCNN(nn.Module):
    """Word embeddings, 100 filters each over 3, 4 and 5 words, the strongest answer of each filter (Kim 2014).

    Takes word numbers (n, words), 0 for none; a filter over k words is a convolution of height k and width 1.
    """

    def __init__(self, words: int = 10_000, width: int = 64, filters: int = 100, classes: int = 8) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, width, padding_idx=0)
        self.over3 = nn.Conv2d(width, filters, (3, 1))
        self.over4 = nn.Conv2d(width, filters, (4, 1))
        self.over5 = nn.Conv2d(width, filters, (5, 1))
        self.dropout = nn.Dropout(0.5)
        self.fc = nn.Linear(3 * filters, classes)

    def as_configured(self) -> "TextCNN":
        """Return the same architecture with fresh random weights."""
        words, width = self.embedding.weight.shape
        return TextCNN(words, width, self.over3.out_channels, self.fc.out_features)

    def forward(self, words: Tensor) -> Tensor:
        x = self.embedding(words).transpose(1, 2).unsqueeze(3)  # (n, width, words, 1)
        strongest = [F.relu(conv(x)).amax((2, 3)) for conv in (self.over3, self.over4, self.over5)]
        return self.fc(self.dropout(torch.cat(strongest, 1)))


class TextTransformer(nn.Module):
    """A sequence classifier of the library `transformers`, whose configuration lies in a folder as config.json.

    Takes numbers of word pieces (n, pieces), `pad` for none.
    """

    def __init__(self, folder: Path = HERE) -> None:
        super().__init__()
        from transformers import AutoConfig, AutoModelForSequenceClassification

        config = AutoConfig.from_pretrained(folder, local_files_only=True)
        self.network = AutoModelForSequenceClassification.from_config(config, dtype=torch.float32)
        self.pad = int(getattr(config, "pad_token_id", None) or 0)

    def as_configured(self) -> "TextTransformer":
        """Return the same architecture with fresh random weights."""
        from transformers import AutoModelForSequenceClassification

        fresh = copy.copy(self)
        fresh._modules = dict(self._modules)
        fresh.network = AutoModelForSequenceClassification.from_config(self.network.config, dtype=torch.float32)
        return fresh

    def name_classes(self, classes: tuple[str, ...]) -> None:
        """Note in the configuration that the network answers with these classes."""
        self.network.config.id2label = dict(enumerate(classes))
        self.network.config.label2id = {name: place for place, name in enumerate(classes)}
        self.network.num_labels = len(classes)

    def forward(self, pieces: Tensor) -> Tensor:
        return self.network(input_ids=pieces, attention_mask=(pieces != self.pad).long()).logits
