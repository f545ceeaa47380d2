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


def advice(
    files: Mapping[str, int], latency: Mapping[int, Mapping[str, Latency]], whole: int | None = None
) -> list[str]:
    """Say what gets smaller and what gets faster, and what does not, against the dense network.

    files: bytes by encoding of what would be shipped; whole: bytes of the dense network's plain file.
    latency: batch size -> variant -> time. Two times differ if their quartiles do not touch.
    """
    best = min(files, key=files.__getitem__)
    whole = files["dense"] if whole is None else whole
    gain = f", {whole / files[best]:.1f} times smaller than that of the whole network." if files[best] < whole else "."
    said = [f"Smallest file: {best}, {files[best] / 1e3:,.1f} kB{gain}"]
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
