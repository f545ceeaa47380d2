"""One picture or text of a visitor's own, and what the networks make of it."""

from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from core.tasks import Task
from core.tasks.base import UploadAdapter
from core.tasks.brought import answer
from core.tasks.demo import Answer
from core.uploads import read_picture
from core.uploads.wording import listed
from pages.parts.bring.judging import Judged
from pages.parts.bring.uploads import read_upload
from pages.shared.visitor_work import compute_once
from pages.shared.words import say_rows, t


def offer_example(judged: Judged, adapter: UploadAdapter) -> None:
    """Ask for one picture or text, and show what each network makes of it."""
    task, models = judged.task, judged.models
    item = _ask_for_text(judged.name) if adapter.kind == "text" else _ask_for_picture(judged.name)
    if item is None:
        return
    answers: dict[str, Answer] = compute_once(
        "own-answers",
        (judged.about, item),
        lambda: {stage: answer(task, model, item) for stage, model in models.items()},
    )
    _draw_answers(task, adapter, item, answers)


def _ask_for_text(name: str) -> str | None:
    typed = st.text_area(t("A text of your own"), key=f"text-{name}", placeholder=t("Type here"))
    return typed if typed and typed.strip() else None


def _ask_for_picture(name: str) -> Any:
    camera = st.toggle(t("Use the camera"), key="camera")
    if camera and not camera_works():
        st.warning(
            t(
                "Browsers let a page use the camera only over https, or on the computer that the app runs on. Open the "
                "app there at http://localhost, or over https; or take the picture with your phone and upload it here."
            )
        )
        camera = False
    given = (
        st.camera_input(t("Take a picture"), key=f"camera-{name}")
        if camera
        else st.file_uploader(t("A picture of your own"), key=f"picture-{name}")
    )
    return None if given is None else read_upload("own-picture", name, given, read_picture)


def camera_works() -> bool:
    """Whether the browser lets this page use the camera, as far as its address tells."""
    address = urlsplit(st.context.url or "")
    return address.scheme in ("", "https") or address.hostname in ("localhost", "127.0.0.1", "::1")


def _draw_answers(task: Task, adapter: UploadAdapter, item: Any, answers: dict[str, Answer]) -> None:
    if adapter.kind == "picture":
        st.image(item, width=160, alt=t("The picture that you brought"))
    elif adapter.how_much is not None and (told := adapter.how_much(item)):
        st.info(t(told))
    for place, (stage, said) in zip(st.columns(len(answers), gap="medium"), answers.items(), strict=True):
        place.markdown(t("**{stage}**: {answer}", stage=t(stage), answer=said.said))
        if said.rows:
            place.dataframe(say_rows(said.rows), hide_index=True)
    classes = listed(task.classes)
    if not task.classes:
        st.caption(t("This network answers with a number, whatever it sees."))
    elif adapter.multi:
        st.caption(t("Each label is judged by itself, so that several or none may hold: {classes}.", classes=classes))
    else:
        st.caption(t("A network names one of its classes whatever it sees: {classes}.", classes=classes))
