"""One picture from a person: refused in a sentence, or read upright, in colour, on white."""

import functools
import io

from PIL import Image, UnidentifiedImageError

from core.errors import BadInput
from core.language import text
from core.uploads.limits import KEPT_PICTURE_SIDE, MAX_PIXELS, MIN_PICTURE_SIDE, check_size
from core.uploads.pixels import in_eight_bits

PICTURE_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "AVIF")
"""Formats that are read where Pillow has them; what phones call MPO is read as JPEG, a GIF by its first frame."""

HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"heif", b"mif1", b"msf1"}
"""Brands of files in the format of Apple's phones (ISO/IEC 23008-12), which Pillow does not read."""

AVIF_BRANDS = {b"avif", b"avis"}
"""Brands of AVIF, which comes in the same container, and which Pillow reads."""

ORIENTATION_TAG = 0x0112
"""The tag of EXIF that says how the camera was held."""

UPRIGHT_BY_ORIENTATION = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""Orientation of EXIF -> the turn that makes a picture upright."""

SMALLER_PICTURE = text("Give one of at most {max_pixels:.0f} million.", max_pixels=MAX_PIXELS / 1000000.0)


class _NotAPicture(BadInput):
    """Refuse a file that is no picture in any format that is read."""

    def __init__(self) -> None:
        *first, last = PICTURE_FORMATS
        super().__init__(
            text("This is not a picture that can be read."), f"Give a picture as {', '.join(first)} or {last}."
        )


def read_picture(content: bytes) -> Image.Image:
    """Read one picture, upright, RGB, white where it is transparent, its longer side at most KEPT_PICTURE_SIDE.

    Raises BadInput for a file that is no picture, too large, or too small.
    """
    check_size(content)
    _refuse_heic(content)
    try:
        with Image.open(io.BytesIO(content), formats=_readable_formats()) as picture:  # reads no pixels yet
            _check_dimensions(*picture.size)
            return _upright_on_white(picture, content)
    except BadInput:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadInput(text("This picture has far too many million pixels."), SMALLER_PICTURE) from error
    except (UnidentifiedImageError, EOFError) as error:
        raise _NotAPicture from error
    except Exception as error:  # pictures of strangers fail in any way they like
        raise BadInput(text("This picture is damaged."), text("Save it again, for example as PNG.")) from error


def _refuse_heic(content: bytes) -> None:
    """Refuse a picture of an iPhone by the brands that its file lists. Raises BadInput."""
    brands = {content[at : at + 4] for at in (8, *range(16, min(int.from_bytes(content[:4], "big"), 256), 4))}
    if content[4:8] == b"ftyp" and brands & HEIC_BRANDS and not brands & AVIF_BRANDS:
        raise BadInput(
            text("This is a HEIC picture, which cannot be read here: save it as JPEG."),
            text("An iPhone takes JPEG with Settings, Camera, Formats, Most Compatible."),
        )


@functools.cache
def _readable_formats() -> tuple[str, ...]:
    """List the picture formats that this Pillow has."""
    Image.init()
    return tuple(each for each in PICTURE_FORMATS if each in Image.OPEN)


def _check_dimensions(width: int, height: int) -> None:
    """Refuse a picture by its size in pixels, before it is unpacked. Raises BadInput."""
    if min(width, height) < 1:
        raise _NotAPicture
    if width * height > MAX_PIXELS:
        raise BadInput(
            text("This picture has {width:,.0f} million pixels.", width=width * height / 1000000.0), SMALLER_PICTURE
        )
    if min(width, height) < MIN_PICTURE_SIDE:
        raise BadInput(
            text("This picture is {width} by {height} pixels.", width=width, height=height),
            text("Give one of at least {min_picture_side} by {min_picture_side}.", min_picture_side=MIN_PICTURE_SIDE),
        )


def _upright_on_white(picture: Image.Image, content: bytes) -> Image.Image:
    """Decode a picture whose size was looked at, and bring it down."""
    picture.draft("RGB", (2 * KEPT_PICTURE_SIDE, 2 * KEPT_PICTURE_SIDE))
    if picture.format == "TIFF":  # Pillow turns a TIFF while it decodes it, and stumbles over tags of a wrong type
        orientation = _orientation(picture)
        exif = picture.getexif()
        exif.load(b"")
        exif[ORIENTATION_TAG] = orientation
    picture.load()
    orientation = _orientation(picture)
    small = in_eight_bits(picture, content)
    small.thumbnail((KEPT_PICTURE_SIDE, KEPT_PICTURE_SIDE))
    if orientation in UPRIGHT_BY_ORIENTATION:
        small = small.transpose(UPRIGHT_BY_ORIENTATION[orientation])
    if small.mode in ("LA", "RGBA"):
        white = Image.new("RGBA", small.size, "white")
        small = Image.alpha_composite(white, small.convert("RGBA"))
    return small.convert("RGB")


def _orientation(picture: Image.Image) -> int:
    """Return how a camera was held, by EXIF; 1, upright, where that cannot be told."""
    try:
        return int(picture.getexif().get(ORIENTATION_TAG, 1))
    except Exception:  # other tags may be of any type and length, and are not worth a picture
        return 1
