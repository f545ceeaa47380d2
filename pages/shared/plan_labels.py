"""The ways to prune, as people read them: a label, what it does in a sentence, and its source."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Choice:
    """One choice: how people read it, what it does in a sentence, and where it comes from."""

    label: str
    about: str
    source: str


REMOVE = {
    "weight": Choice(
        "Single weights",
        "Any weight may go, wherever it is. Keeps accuracy best; saves time only with special arithmetic.",
        "Han et al. 2015",
    ),
    "N:M": Choice(
        "N of every M (2:4)",
        "N of every M neighbours stay: the pattern decides, not the slider. Some graphics chips compute this faster.",
        "Mishra et al. 2021",
    ),
    "neuron": Choice(
        "Whole neurons",
        "A fully connected neuron goes with all its weights, so the network really gets smaller.",
        "Hu et al. 2016",
    ),
    "channel": Choice(
        "Whole channels and neurons",
        "A picture filter or a neuron goes with all its weights. Smaller and faster everywhere, but it hurts sooner.",
        "Li et al. 2017",
    ),
    "head": Choice("Attention heads", "A whole attention head goes.", "Michel et al. 2019"),
}
JUDGE = {
    "magnitude": Choice("Size (magnitude)", "Weights close to zero matter least.", "Han et al. 2015"),
    "activation": Choice(
        "Size times input (activations)",
        "A weight matters if it is large and what it is multiplied with is large, summed over all places of a picture.",
        "after Sun et al. 2023; with the cut within each output it is their Wanda",
    ),
    "first-order": Choice(
        "Effect on the loss (gradients)",
        "A weight matters if the loss on training data would change without it.",
        "Molchanov et al. 2019; Lee et al. 2019",
    ),
    "random": Choice(
        "By chance (random)",
        "The baseline that every other way has to beat.",
        "Blalock et al. 2020",
    ),
    "bn-scale": Choice(
        "Scale of batch norm",
        "A channel matters if the normalisation behind it scales it up.",
        "Liu et al. 2017",
    ),
    "zero-activations": Choice(
        "How often it is silent (zero activations)",
        "A unit that says zero on most training data matters least.",
        "Hu et al. 2016, APoZ",
    ),
}
CUT = {
    "global": Choice(
        "One cut for the whole network (global)", "All layers are compared with each other.", "Han et al. 2015"
    ),
    "layer": Choice("The same share of each layer", "Each layer gives the same share.", "Han et al. 2015"),
    "lamp": Choice(
        "Adapted to each layer (LAMP)",
        "A weight is compared with those of its layer that would stay, so that no layer is emptied.",
        "Lee et al. 2021",
    ),
    "erk": Choice(
        "By the layer's shape (ERK)",
        "Layers with few weights stay denser than layers with many.",
        "Evci et al. 2020",
    ),
    "row": Choice(
        "Within each output (row)",
        "A weight is compared with those that feed the same output only; each output gives the same share.",
        "Sun et al. 2023, Wanda",
    ),
}
NORM = {"l2": "L2: root of the mean square", "l1": "L1: mean of the sizes"}
VARIED = {
    "flip": "mirrored",
    "shift": "shifted",
    "nudge": "shifted a little",
    "erase": "partly erased",
    "drop": "words hidden",
}
STRATEGY = {
    "one-shot": Choice("Prune once, then learn", "All weights go at once; the rest adjusts.", "Han et al. 2015"),
    "iterative": Choice("A little in turn, in rounds", "Prune some, learn, prune more, learn.", "Han et al. 2015"),
    "gradual": Choice(
        "Gradually while learning",
        "A few weights go every few steps in the first third of the time; then the rest adjusts.",
        "Zhu and Gupta 2017",
    ),
    "tune-first": Choice(
        "Learn, prune, learn",
        "The whole network learns for half of the time, then it is pruned, then it adjusts.",
        "the order most tutorials leave out",
    ),
    "rewind": Choice(
        "Back to an early state (lottery ticket)",
        "What stays is chosen from the trained network, but its weights go back to early in training.",
        "Frankle and Carbin 2019",
    ),
    "scratch": Choice(
        "The same shape from scratch (control)",
        "What stays is chosen from the trained network, but its weights start at random: what is its shape worth?",
        "Liu et al. 2019",
    ),
}
