"""How a photograph becomes an input, and a PNG."""

import io
from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor

from core.tasks.records import PictureBytes


@dataclass(frozen=True)
class View:
    """Turn photographs into inputs: the middle square of `side` pixels, scaled and centred by channel.

    resized: pixels to which the shorter side is brought before, 0 for `side`; smooth: how, "bilinear" or "bicubic".
    """

    side: int
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    resized: int = 0
    smooth: str = "bilinear"

    def square(self, picture: Image.Image) -> Tensor:
        """Return the middle square of a picture, uint8 (3, side, side)."""
        from torchvision.transforms.v2 import functional as transforms

        pixels = transforms.pil_to_tensor(picture.convert("RGB"))
        smooth = transforms.InterpolationMode(self.smooth)
        resized = transforms.resize(pixels, [self.resized or self.side], smooth, antialias=True)
        return transforms.center_crop(resized, [self.side, self.side])

    def normal(self, pixels: Tensor) -> Tensor:
        """Scale uint8 (n, 3, side, side) as the network was trained; float of the same shape."""
        scaled = pixels.float().div_(255)
        centre, spread = (torch.tensor(each)[:, None, None] for each in (self.mean, self.deviation))
        return scaled.sub_(centre).div_(spread).contiguous(memory_format=torch.channels_last)

    def squares(self, pictures: list[Image.Image]) -> Tensor:
        """Return the middle squares of photographs, uint8 (n, 3, side, side)."""
        return torch.stack([self.square(picture) for picture in pictures])

    @property
    def pixels(self) -> PictureBytes:
        """How photographs of people are read and held."""
        return PictureBytes(self.squares, self.normal)


def png(pixels: Tensor) -> bytes:
    """Turn one picture, uint8 (3, h, w), into a PNG."""
    file = io.BytesIO()
    Image.fromarray(pixels.movedim(0, -1).contiguous().numpy()).save(file, "PNG")
    return file.getvalue()
