"""Bring your own: weights, pictures, texts and labelled sets, judged beside the pruned network."""

from typing import Any

import streamlit as st

from core.export import bundle
from core.pruning import PruningPlan, prune
from core.tasks import Task
from pages.parts.bring.example import offer_example
from pages.parts.bring.hub import ask_for_hub_model
from pages.parts.bring.judging import prune_once, show_judging
from pages.parts.bring.labelled_set import offer_labelled_set
from pages.parts.bring.weights import ask_for_weights
from pages.shared import cache
from pages.shared.app_frame import require_app_frame
from pages.shared.download_offer import offer_download
from pages.shared.errors import show_errors
from pages.shared.model_and_slider import choose_model, choose_percent

LISTED, FROM_HUB = "One of the list", "A text classifier of the Hub"


def choose_network(source: str) -> tuple[Task, bool]:
    """Ask for a network; return its task, and whether it is the visitor's own. Stops the page while there is none."""
    if source == FROM_HUB:
        task, own = ask_for_hub_model(), True
    else:
        name = choose_model()
        task = ask_for_weights(name) if offer_download(name) else None
        own = task is not None and task is not cache.task(name)
    if task is None:
        st.stop()
    return task, own


def show_quality(task: Task, plan: PruningPlan, models: dict[str, Any], own: bool) -> None:
    """Judge both networks on as many validation examples as the task glances at."""
    if not task.count("validation"):
        st.caption("This network has no examples here. Bring a text, or a table of texts and labels.")
        return
    glance = min(task.quick_eval_size, task.count("validation"))
    weights = "your weights" if own else "the usual weights"
    show_judging(
        "own-look",
        (task, plan),
        models,
        lambda model: task.refine(model, limit=glance),
        lambda dense: f"Of {weights}, on the first {dense.n:,} validation {dense.about.noun} of this app.",
    )


def offer_zip(task: Task, plan: PruningPlan) -> None:
    """Offer the pruned network as a zip, built once somebody asks for it."""
    st.download_button(
        "Download",
        lambda: bundle(task, prune(task, plan)),
        f"own-{task.info.name.replace('/', '-')}-pruned.zip",
        "application/zip",
        on_click="ignore",
        help="The network, pruned, as a zip. Nothing that you brought stays here.",
    )


def ask_for_data(task: Task, plan: PruningPlan, models: dict[str, Any]) -> None:
    """Ask for examples and a labelled set, and show what both networks make of them."""
    adapter = task.uploads
    if adapter is None:
        st.info("This model takes no pictures or texts. Choose one that does to show it your own.")
        return
    one, many = st.columns(2, gap="large")
    with one:
        st.markdown(f"##### Show both networks a {adapter.kind}")
        with show_errors():
            offer_example(task, adapter, plan, models)
    with many:
        st.markdown("##### Judge both on a set of your own")
        with show_errors():
            offer_labelled_set(task, adapter, plan, models)


require_app_frame()
st.subheader("Bring your own weights, pictures or texts", anchor=False)
with show_errors():
    source = st.segmented_control("Network", (LISTED, FROM_HUB), default=LISTED, required=True, key="source")
    task, own = choose_network(source)
    plan = PruningPlan(sparsity=choose_percent(patterned=False) / 100)
    models = prune_once(task, plan)
    show_quality(task, plan, models, own)
    if own:
        offer_zip(task, plan)
    ask_for_data(task, plan, models)
