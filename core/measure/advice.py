"""What somebody would gain by shipping a pruned network, in plain sentences that follow from what was measured."""

from collections.abc import Mapping

from core.measure.latency import Latency

SHIPPED = {
    "dense": "the whole network",
    "with zeros": "the network with zeros in it",
    "sparse (CSR)": "sparse layers (CSR)",
    "smaller": "the smaller network",
}
"""How each variant is called in a sentence."""


def advice(files: Mapping[str, int], latency: Mapping[int, Mapping[str, Latency]]) -> list[str]:
    """Say what gets smaller and what gets faster, and what does not.

    files: bytes by encoding; latency: batch size -> variant -> time. Two times differ if their quartiles do not touch.
    """
    best = min(files, key=files.__getitem__)
    said = [
        f"Smallest file: {best}, {files[best] / 1e3:,.1f} kB"
        + (f", {files['dense'] / files[best]:.1f} times smaller than the plain one." if best != "dense" else ".")
    ]
    for batch, times in latency.items():
        dense = times["dense"]
        name = min((each for each in times if each != "dense"), key=lambda each: times[each].median)
        found = times[name]
        many = f"{batch} at a time" if batch > 1 else "One at a time"
        if found.high < dense.low:
            said.append(
                f"{many}: {SHIPPED[name]} is {dense.median / found.median:.1f} times faster than the whole network."
            )
        elif dense.high < found.low:
            said.append(f"{many}: nothing gets faster; even {SHIPPED[name]} is slower than the whole network.")
        else:
            said.append(f"{many}: no gain in time that could be told from chance.")
    return said
