"""A labelled set for an ONNX file, and how its pictures, numbers or texts become the file's inputs."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import BadInput
from core.language import text
from core.onnx_files import (
    MAX_TOKENIZER_BYTES,
    NORMALISATIONS,
    LabelledSet,
    OnnxNetwork,
    PictureInput,
    PictureReading,
    classes_of,
    number_feeds,
    number_input,
    picture_feeds,
    picture_input,
    read_numbers,
    read_pictures,
    read_texts,
    read_token_ids,
    takes_tokens,
    token_feeds,
    tokenise,
)
from pages.parts.bring.uploads import read_upload, show_left_out
from pages.shared.words import option_labels, t

OWN, GREY = text("Other numbers"), text("Grey")

FITS = {"crop": text("Its middle"), "stretch": text("All of it, squeezed"), "pad": text("All of it, on black")}


@dataclass(frozen=True, eq=False)
class Judgeable:
    """Hold examples that an ONNX file can be judged on.

    about: equal for as long as set and reading stay the same; feeds: (examples) -> one batch of the file's inputs.
    """

    about: Hashable
    items: Sequence[Any]
    labels: Sequence[int]
    classes: tuple[str, ...]
    feeds: Callable[[Sequence[Any]], dict[str, np.ndarray]]


def ask_for_set(network: OnnxNetwork) -> Judgeable | None:
    """Ask for a labelled set of the kind that a file reads; None without one. Raises BadInput."""
    pictures, numbers = picture_input(network), number_input(network)
    if not (pictures or numbers or takes_tokens(network)):
        st.info(
            t(
                "What this file reads is neither one picture, one row of numbers nor one text, so it is not judged "
                "here. Pruning and the download work all the same."
            )
        )
        return None
    outputs = classes_of(network)
    names = _ask_for_names()
    if pictures:
        return _pictures(network, pictures, outputs, names)
    if numbers:
        label = t("A table (CSV): a column for each number, and label")
        found = _ask(label, network, (names,), _numbers(numbers, outputs, names))
        return _judgeable(found, ("numbers",), lambda rows: number_feeds(network, rows)) if found else None
    return _texts(network, outputs, names)


def _ask_for_names() -> tuple[str, ...]:
    typed = st.text_input(
        t("Names of the classes, in the order of the outputs"),
        key="onnx-classes",
        placeholder=t("cat, dog, ..."),
        help=t(
            "An ONNX file has no names for its outputs. Without any here, folders stand in the order of their names, "
            "as most programs for training sort them, and whole numbers are the places of the outputs."
        ),
    )
    return tuple(name.strip() for name in (typed or "").split(",") if name.strip())


def _pictures(
    network: OnnxNetwork, about: PictureInput, outputs: int | None, names: tuple[str, ...]
) -> Judgeable | None:
    reading = _ask_for_reading(about)
    found = _ask(
        t("A zip with one folder of pictures for each class"),
        network,
        (names,),
        lambda content: read_pictures(content, outputs, names),
    )
    return _judgeable(found, reading, lambda pictures: picture_feeds(network, reading, pictures)) if found else None


def _ask_for_reading(about: PictureInput) -> PictureReading:
    """Ask how pictures become inputs, as far as the file does not say. Raises BadInput."""
    one, two, three, four = st.columns(4, gap="small")
    sides = [
        side or int(place.number_input(t(label), 8, 1024, 224, key=f"onnx-{label}"))
        for place, label, side in ((one, text("Height"), about.height), (two, text("Width"), about.width))
    ]
    channels = about.channels or _ask_for_channels(three)
    fit = three.selectbox(t("Of each picture"), list(FITS), format_func=option_labels(FITS), key="onnx-fit")
    scale = four.selectbox(
        t("Pixels"),
        [*NORMALISATIONS, OWN],
        format_func=option_labels([*NORMALISATIONS, OWN]),
        key="onnx-scale",
        help=t("How the network's own training scaled them; a wrong choice here makes any network look bad."),
    )
    means: tuple[float, ...]
    deviations: tuple[float, ...]
    if scale == OWN:
        mean, deviation = (
            float(place.number_input(t(label), 0.0, 255.0, start, 0.0001, format="%.4f", key=f"onnx-{label}"))
            for place, label, start in ((one, text("Mean, of 1"), 0.5), (two, text("Deviation, of 1"), 0.5))
        )
        means, deviations = (mean,), (deviation,)
    else:
        means, deviations = NORMALISATIONS[scale]
        if channels == 1 and len(means) == 3:  # as grey is mixed of them
            means, deviations = ((sum(each) / 3,) for each in (means, deviations))
    size = {"height": sides[0], "width": sides[1]}
    one.caption(
        t("{height} by {width} pixels, grey", **size) if channels == 1 else t("{height} by {width} pixels, RGB", **size)
    )
    return PictureReading((sides[0], sides[1]), channels, about.channels_last, means, deviations, fit)


def _ask_for_channels(place: DeltaGenerator) -> int:
    colours = place.selectbox(t("Colours"), ("RGB", GREY), format_func=option_labels([GREY]), key="onnx-colours")
    return 1 if colours == GREY else 3


def _numbers(width: int, outputs: int | None, names: tuple[str, ...]) -> Callable[[bytes], LabelledSet]:
    return lambda content: read_numbers(content, width, outputs, names)


def _texts(network: OnnxNetwork, outputs: int | None, names: tuple[str, ...]) -> Judgeable | None:
    """Ask for a table of texts, with the tokenizer that makes token ids of them, or of token ids themselves."""
    upload = st.file_uploader(
        t("The network's tokenizer.json"), key="onnx-tokenizer", max_upload_size=MAX_TOKENIZER_BYTES // 2**20
    )
    most = int(st.number_input(t("Tokens read of a text, at most"), 1, 4096, 128, key="onnx-tokens"))
    if upload is None:
        st.caption(t("Without it, the texts of the table have to be token ids, with spaces between."))
        check: Callable[[str], object] | None = read_token_ids
    else:
        check = None
    found = _ask(
        t("A table (CSV) with columns text and label"),
        network,
        (names, upload and upload.file_id),
        lambda content: read_texts(content, outputs, names, check),
    )
    if found is None:
        return None
    texts = found.examples.items
    key = f"onnx-tokens-of {st.session_state['onnx-set about']}"
    if upload is None:
        ids: list[list[int]] | None = [read_token_ids(each) for each in texts]
    else:
        ids = read_upload("onnx-token-ids", key, upload, lambda content: tokenise(content, texts))
    if not ids or not all(ids):
        raise BadInput(
            text("The tokenizer makes nothing of one of these texts."), text("Leave out texts without words.")
        )
    cut = [each[:most] for each in ids]
    return _judgeable(found, ("tokens", most), lambda rows: token_feeds(network, rows), cut)


def _ask(
    label: str, network: OnnxNetwork, about: tuple[Any, ...], read: Callable[[bytes], LabelledSet]
) -> LabelledSet | None:
    """Ask for a set and read it once; say which output got which name, and what was left out."""
    upload = st.file_uploader(
        label, key="onnx-set", help=t("At most 50 MB; it is forgotten when you close this page or reload it.")
    )
    st.session_state["onnx-set about"] = (network.digest, about, upload and upload.file_id)
    found: LabelledSet | None = read_upload("onnx-read-set", f"{network.digest} {about}", upload, read)
    if found is None:
        return None
    left_out = found.examples.left_out
    outputs = t(", ").join(f"{place} {name}" for place, name in enumerate(found.classes[:20]))
    st.caption(t("Outputs: {outputs}", outputs=outputs))
    if left_out:
        show_left_out([(each.what, each.why) for each in left_out])
    return found


def _judgeable(
    found: LabelledSet,
    reading: Hashable,
    feeds: Callable[[Sequence[Any]], dict[str, np.ndarray]],
    items: Sequence[Any] | None = None,
) -> Judgeable:
    examples = found.examples
    about = (st.session_state["onnx-set about"], reading)
    return Judgeable(about, items or examples.items, examples.labels, found.classes, feeds)
