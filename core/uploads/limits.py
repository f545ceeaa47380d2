"""How large files from people may be: every limit once, with its reason."""

from core.errors import BadInput
from core.language import text

MAX_FILE_BYTES = 50 * 2**20
"""Bytes of any file but one of weights; the server takes no more either."""

MAX_DESCRIPTION_BYTES = 2**20
"""Bytes in which a file of weights says what it holds; a network of 100,000 tensors needs less."""

WEIGHTS_FILE_RATIO = 8
"""Bytes of a file of weights for each byte of the network: Adam keeps two further numbers for each weight, an average
one more, and all of them may be in double precision."""

MAX_WEIGHTS_BYTES = 1_000_000_000
"""Bytes of a file of weights with all that is beside them, unless the weights alone have more."""

MAX_WEIGHTS_IN_ZIP = 6
"""Files of weights in a zip that are opened, one after the other, until one fits."""

MAX_SHARDS = 100
"""Files over which one network may be spread."""

MAX_LEGACY_READS = 400_000
"""Reads that a torch file of old may take; a network of 1,000 tensors with its optimiser takes 200,000."""

MAX_WRAPPERS = 20_000
"""Lists and mappings in a checkpoint that are looked into."""

MAX_CANDIDATES = 200
"""Mappings of tensors in a checkpoint that are considered; an optimiser has one for each weight."""

MAX_TRIED = 8
"""Of these, those that are compared with the network, the largest first."""

MAX_NAME_CHARACTERS = 1_000
"""Characters of the name of a tensor that is compared with the wanted ones."""

MAX_CLASSES = 25_000
"""Answers of a classifier; the largest that people publish tell 21,841 things apart."""

MAX_FOREIGN_NAME = 200
"""Characters that are kept of the name of a tensor, for the table of what differs."""

MAX_PIXELS = 25_000_000
"""Pixels of a picture; more would need hundreds of megabytes once unpacked."""

MIN_PICTURE_SIDE = 8
"""Pixels of a picture's shorter side; on fewer there is nothing to see."""

KEPT_PICTURE_SIDE = 256
"""Pixels to which a picture's longer side is brought down: what networks look at is smaller still."""

PIXELS_AT_A_TIME = 2**20
"""Pixels that are turned into fractions at a time, since these take four bytes each."""

MAX_PICTURES = 1_000
"""Pictures in a zip, which all stay in memory until the visit ends."""

MAX_ZIP_FILES = 5 * MAX_PICTURES
"""Files in a zip, those that an operating system adds and those of other folders included."""

UNPACKED_RATIO = 2
"""Bytes that a zip may unpack to, for each byte that it may have itself; more is a bomb."""

MAX_FOLDER_DEPTH = 8
"""Folders around a picture, from the inside, whose names are compared with the classes."""

MAX_ROWS = 5_000
"""Rows of a table, about as many as can be judged while somebody waits."""

MAX_COLUMNS = 50
"""Columns of a table, of which two are read."""

MAX_TEXT_CHARACTERS = 10_000
"""Characters of one text of a table; networks read less."""

MAX_HEADING_CHARACTERS = 2 * MAX_TEXT_CHARACTERS
"""Characters of the line of headings, which is split once for each separator."""

MAX_LINE_SEPARATORS = 2 * MAX_TEXT_CHARACTERS
"""Separators in one line of a table, since each makes a cell that takes memory of its own."""

MAX_LINES = 2_000_000
"""Lines of a table, most of which must be empty; spreadsheets may write a million of those."""

MAX_LABEL_CHARACTERS = 1_000
"""Characters of a label or a folder's name that is compared with the classes."""

LABELS_PER_CLASS = 4
"""Labels in one cell for each class there is, since people repeat some."""

ENCODING_SAMPLE_BYTES, ENCODING_SAMPLE_LINES = 20_000, 200
"""Bytes and lines by which an encoding is told; more take seconds and tell no more."""


def check_size(content: bytes, max_bytes: int = MAX_FILE_BYTES) -> None:
    """Refuse a file that is empty or has more than so many bytes. Raises BadInput."""
    if not content:
        raise BadInput(text("This file is empty."), text("Choose another one."))
    if len(content) > max_bytes:
        raise BadInput(
            text(
                "This file has {count:,.1f} MB, more than what it should hold can take.", count=len(content) / 1000000.0
            ),
            text("Give one of at most {max_bytes:.1f} MB.", max_bytes=max_bytes / 1000000.0),
        )
