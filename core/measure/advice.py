"""What somebody would gain by shipping a pruned network, in plain sentences that follow from what was measured."""

from collections.abc import Mapping

from core.language import as_text, text
from core.measure.latency import Latency

SHIPPED: Mapping[str, str] = {
    text("dense"): text("the whole network"),
    text("with zeros"): text("the network with zeros in it"),
    text("sparse (CSR)"): text("sparse layers (CSR)"),
    text("smaller"): text("the smaller network"),
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
    name = text("plain") if best == "dense" else as_text(best)
    said: list[str] = [text("Smallest file: {best}, {size:,.1f} kB.", best=name, size=files[best] / 1e3)]
    if files[best] < whole:
        said = [
            text(
                "Smallest file: {best}, {size:,.1f} kB, {times:.1f} times smaller than that of the whole network.",
                best=name,
                size=files[best] / 1e3,
                times=whole / files[best],
            )
        ]
    for batch, times in latency.items():
        dense = times["dense"]
        quickest = min((each for each in times if each != "dense"), key=lambda each: times[each].median)
        found = times[quickest]
        many = text("{batch} at a time", batch=batch) if batch > 1 else text("One at a time")
        if found.high < dense.low:
            said.append(
                text(
                    "{many}: {shipped} is {times:.1f} times faster than the whole network.",
                    many=many,
                    shipped=SHIPPED[quickest],
                    times=dense.median / found.median,
                )
            )
        elif dense.high < found.low:
            said.append(
                text(
                    "{many}: nothing gets faster; even {shipped} is slower than the whole network.",
                    many=many,
                    shipped=SHIPPED[quickest],
                )
            )
        else:
            said.append(text("{many}: no gain in time that could be told from chance.", many=many))
    return said
