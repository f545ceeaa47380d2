"""Pictures of the worlds, and the short films that visitors watch."""

import io
import math

import numpy as np
from PIL import Image, ImageDraw

FILM_FRAMES, FRAME_MILLISECONDS = 80, 100
"""At most so many different pictures in a film, and the time that each is shown."""

SKY, INK, WOOD, JOINT = (245, 247, 250), (60, 60, 60), (200, 120, 40), (0, 114, 178)


def draw_cart(observation: np.ndarray) -> Image.Image:
    """Draw a cart with its pole, (position in m, speed, angle in rad, its speed)."""
    picture = Image.new("RGB", (320, 200), SKY)
    pen = ImageDraw.Draw(picture)
    x, angle = 160 + float(observation[0]) * 60, float(observation[2])
    pen.line([(0, 160), (320, 160)], INK, 2)
    pen.rectangle([x - 26, 142, x + 26, 160], INK)
    pen.line([(x, 142), (x + 100 * math.sin(angle), 142 - 100 * math.cos(angle))], WOOD, 8)
    pen.ellipse([x - 5, 137, x + 5, 147], JOINT)
    return picture.quantize(16)


def draw_acrobot(observation: np.ndarray) -> Image.Image:
    """Draw two arms that hang from a joint, and the line that the free end must reach.

    observation: cosine and sine of the first angle, of the second one, and both speeds, (6,).
    """
    picture = Image.new("RGB", (320, 200), SKY)
    pen = ImageDraw.Draw(picture)
    first = math.atan2(observation[1], observation[0])
    both = first + math.atan2(observation[3], observation[2])
    knee = (160 + 45 * math.sin(first), 100 + 45 * math.cos(first))
    hand = (knee[0] + 45 * math.sin(both), knee[1] + 45 * math.cos(both))
    pen.line([(0, 55), (320, 55)], INK, 1)
    pen.line([(160, 100), knee], WOOD, 8)
    pen.line([knee, hand], WOOD, 8)
    for x, y in ((160, 100), knee):
        pen.ellipse([x - 5, y - 5, x + 5, y + 5], JOINT)
    return picture.quantize(16)


def film(pictures: list[Image.Image]) -> bytes:
    """Join pictures to a GIF that runs for ever and rests on the last one; of many, every few are left out."""
    every = math.ceil(len(pictures) / FILM_FRAMES)
    chosen = [*pictures[::every], *([pictures[-1]] * 5)]
    file = io.BytesIO()
    chosen[0].save(file, "GIF", save_all=True, append_images=chosen[1:], duration=FRAME_MILLISECONDS, loop=0)
    return file.getvalue()
