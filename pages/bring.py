"""Bring your own: weights, pictures, texts and labelled sets, judged beside the pruned network."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from core.errors import BadInput
from core.export import bundle
from core.measure import Quality
from core.pruning import PruningPlan, prune
from core.tasks import Task
from core.uploads import read_picture
from pages.parts.bring import uploads
from pages.parts.bring.hub import from_hub
from pages.shared import app_frame, cache
from pages.shared.download_offer import fetched
from pages.shared.model_and_slider import pick_model, slide
from pages.shared.visitor_work import show_figures

SOURCES = ("One of the list", "A text classifier of the Hub")


def chosen(source: str) -> tuple[Task | None, bool]:
    """Ask for a network; return its task, None while there is none, and whether it is the visitor's own."""
    if source == SOURCES[1]:
        return from_hub(), True
    name = pick_model()
    if not fetched(name):
        return None, False
    try:
        task = uploads.weights(name)
    except BadInput as error:
        st.error(f"{error.what} {error.advice}", icon=":material/error:")
        task = cache.task(name)
    return task, task is not cache.task(name)


def figures(task: Task, plan: PruningPlan, models: dict[str, Any], mine: bool) -> None:
    """Judge both networks on as many validation examples as the task glances at."""
    if not task.count("validation"):
        st.caption("This network has no examples here. Bring a text, or a table of texts and labels.")
        return
    whose = "your weights" if mine else "the usual weights"
    glance = min(task.quick_eval_size, task.count("validation"))

    def judged() -> Iterator[tuple[str, Quality]]:
        for stage, model in models.items():
            for quality in task.refine(model, limit=glance):
                yield stage, quality

    show_figures(
        "own-look",
        (task, plan),
        judged,
        lambda dense: f"Of {whose}, on the first {dense.n:,} validation {dense.about.noun} of this app.",
    )


def one_example(task: Task) -> Any:
    """Ask for one picture or text; None while there is none."""
    name = task.info.name
    if task.uploads.kind == "text":
        typed = st.text_area("A text of your own", key=f"text-{name}", placeholder="Type here")
        return typed if typed.strip() else None
    camera = st.toggle("Use the camera", key="camera")
    if camera and not within_reach():
        st.warning(
            "Browsers let a page use the camera only over https, or on the computer that the app runs on. Open the app "
            "there at http://localhost, or over https; or take the picture with your phone and upload it here."
        )
        camera = False
    given = (
        st.camera_input("Take a picture", key=f"camera-{name}")
        if camera
        else st.file_uploader("A picture of your own", key=f"picture-{name}")
    )
    return None if given is None else uploads.read("own-picture", name, given, read_picture)


def within_reach() -> bool:
    """Whether the browser lets this page use the camera, as far as its address tells."""
    address = urlsplit(st.context.url or "")
    return address.scheme in ("", "https") or address.hostname in ("localhost", "127.0.0.1", "::1")


def answers(task: Task, plan: PruningPlan, models: dict[str, Any], item: Any) -> None:
    """Show what both networks make of one example."""
    said = uploads.answers(task, plan, models, item)
    if task.uploads.kind == "picture":
        st.image(item, width=160)
    elif task.uploads.how_much is not None and (told := task.uploads.how_much(item)):
        st.info(told)
    for place, (stage, shown) in zip(st.columns(len(said), gap="medium"), said.items(), strict=True):
        place.markdown(f"**{stage}**: {shown.said}")
        if shown.rows:
            place.dataframe(list(shown.rows), hide_index=True)
    if task.uploads.multi:
        st.caption(f"Each label is judged by itself, so that several or none may hold: {', '.join(task.classes)}.")
    else:
        st.caption("A network names one of its classes whatever it sees: " + ", ".join(task.classes) + ".")


def pack(task: Task, plan: PruningPlan) -> bytes:
    """Build the zip of the pruned network."""
    return bundle(task, prune(task, plan))


def own_data(task: Task, plan: PruningPlan, models: dict[str, Any]) -> None:
    """Ask for examples and a labelled set, and show what both networks make of them."""
    if task.uploads is None:
        st.info("This model takes no pictures or texts. Choose one that does to show it your own.")
        return
    one, many = st.columns(2, gap="large")
    with one:
        st.markdown(f"##### Show both networks a {task.uploads.kind}")
        with cache.sentences():
            item = one_example(task)
            if item is not None:
                answers(task, plan, models, item)
    with many:
        st.markdown("##### Judge both on a set of your own")
        with cache.sentences():
            given = uploads.labelled(task)
            if given is not None:
                uploads.on_set(task, plan, models, given)


app_frame.within_app()
st.subheader("Bring your own weights, pictures or texts", anchor=False)
with cache.sentences():
    source = st.segmented_control("Network", SOURCES, default=SOURCES[0], required=True, key="source")
    task, mine = chosen(source)
    if task is None:
        st.stop()
    plan = PruningPlan(sparsity=slide(False) / 100)
    models = uploads.both(task, plan)
    figures(task, plan, models, mine)
    if mine:
        st.download_button(
            "Download",
            lambda: pack(task, plan),
            f"own-{task.info.name.replace('/', '-')}-pruned.zip",
            "application/zip",
            on_click="ignore",
            help="The network, pruned, as a zip. Nothing that you brought stays here.",
        )
    own_data(task, plan, models)
