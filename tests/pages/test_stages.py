"""Each page at each stage, of a network that ships and of one that somebody brought."""

import pytest
import torch
from streamlit.testing.v1 import AppTest

from core.experiment import Experiment
from core.pruning import PruningPlan
from core.stages import Packed, pack, with_stored_weights
from core.store import hold_artefact, put_artefact
from core.tuning import Recipe
from tests.conftest import ROOT
from tests.pages.kept import keep_fine_tune

KEY = "s" * 43
PLAN, RECIPE = PruningPlan(sparsity=0.9), Recipe(steps=4)
PAGES = ("explore", "fine_tune", "measure", "compare", "bring")
STAGES = ("Dense", "Pruned", "Fine-tuned")


def brought_network(mlp) -> str:
    """Keep weights that somebody brought; return the name of the network that has them."""
    from pages.shared.storage import store

    torch.manual_seed(0)
    weights = {name: value + 0.002 * torch.randn(value.shape) for name, value in mlp.model.state_dict().items()}
    name = put_artefact(store(), pack(Packed(weights)))
    hold_artefact(store(), KEY, name)
    return with_stored_weights("fashion-mlp", name)


@pytest.fixture(scope="module")
def experiments(mlp) -> dict[str, Experiment]:
    networks = {"shipped": "fashion-mlp", "brought": brought_network(mlp), "of another field": "cartpole-policy"}
    made = {whose: Experiment(network, plan=PLAN, recipe=RECIPE) for whose, network in networks.items()}
    for each in made.values():
        keep_fine_tune(KEY, each)
    return made


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("whose", ["shipped", "brought", "of another field"])
def test_a_page_shows_every_stage_of_what_is_in_hand(experiments, whose, page):
    experiment = experiments[whose]
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=240)
    app.session_state["visit key"] = KEY
    app.query_params.update(experiment.to_link())
    app.run()
    if page != "explore":
        # The simulated browser shows the default model for one run when it changes pages; a real one does not.
        app.switch_page(f"pages/{page}.py").run()
    for stage in STAGES:
        app.session_state["stage"] = stage
        app.run()
        assert not app.exception
        assert not app.error
        (bar,) = (each for each in app.segmented_control if each.key == "stage")
        assert bar.options == list(STAGES)
        assert bar.value == stage
        said = " ".join(each.value for each in (*app.caption, *app.markdown))
        assert ("your weights" in said) == (whose == "brought")
