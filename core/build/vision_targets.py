"""Build the data that vision networks can adapt to: handwritten digits, from scikit-learn's copy of them."""

import io
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from core.tasks.adapting import choose_examples
from core.tasks.assets import Assets
from core.tasks.vision.data import SIDE, split_file
from core.tasks.vision.targets import DIGITS_DATA

DATA = (DIGITS_DATA,)
"""What this module builds: data alone, no network."""

SIZES = {"validation": 250, "test": 250}
"""Pictures that are held back; all others are learned from."""

SPLIT_SEED = 1998

LICENCE = """\
Optical Recognition of Handwritten Digits. E. Alpaydin and C. Kaynak, 1998. UCI Machine Learning Repository,
https://doi.org/10.24432/C50P49. Licence: Creative Commons Attribution 4.0 International (CC BY 4.0),
https://creativecommons.org/licenses/by/4.0/

Changed here: the 1,797 pictures of its test part, 8 by 8 pixels of 0 to 16, as scikit-learn carries them, were brought
to 28 by 28 pixels of 0 to 255 (bilinear) and split anew into training, validation and test pictures.
"""


def build(name: str, assets: Assets, folder: Path | None) -> None:
    """Enlarge the digits, split them by seed, and store them with their terms; `folder` is not needed."""
    from sklearn.datasets import load_digits  # a package of the builder and the tests alone

    digits = load_digits()
    pictures = enlarge(digits.images)
    parts = split(digits.target)
    for part, places in parts.items():
        file = io.BytesIO()
        np.savez_compressed(file, images=pictures[places], labels=digits.target[places].astype(np.uint8))
        assets.write(split_file(name, part), file.getvalue())
    assets.write(f"data/{name}-LICENSE.txt", LICENCE.encode())
    assets.manifest["data"][name] = {
        "licence": f"CC BY 4.0; see data/{name}-LICENSE.txt",
        "source": "Alpaydin and Kaynak 1998: Optical recognition of handwritten digits, UCI; as in scikit-learn",
        "splits": {part: len(places) for part, places in parts.items()},
        "how": f"seed {SPLIT_SEED}: of 1,797 pictures 250 validate and 250 test, every digit by its share; 8x8 pixels "
        "brought to 28x28",
    }


def enlarge(pictures: np.ndarray) -> np.ndarray:
    """Bring pictures (n, 8, 8) of 0 to 16 to uint8 (n, 28, 28) of 0 to 255, bilinear."""
    grey = np.round(pictures * (255 / 16)).astype(np.uint8)
    size = (SIDE, SIDE)
    return np.stack([np.asarray(Image.fromarray(each).resize(size, Image.Resampling.BILINEAR)) for each in grey])


def split(labels: np.ndarray) -> dict[str, np.ndarray]:
    """Split by seed, every class by its share: split -> sorted places, none of them twice."""
    left, parts = np.arange(len(labels)), {}
    for part, size in SIZES.items():
        chosen = choose_examples(torch.from_numpy(labels[left]), size, SPLIT_SEED).numpy()
        parts[part] = left[chosen]
        left = np.delete(left, chosen)
    return {"train": left, **parts}
