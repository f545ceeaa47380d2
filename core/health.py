"""How a server is: counts and times in Prometheus' form, kept by its own library (prometheus-client)."""

from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SECONDS = (0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.2, 1.5, 2, 3, 5, 8, 15, 30)
"""Upper ends of the classes in which waiting times are counted."""

FIRST, SETTLED = "first", "settled"
"""What a visitor waits for."""


class Health:
    """Count what pages tell; read the rest, as how many visitors there are, when somebody asks.

    gauges: name -> (what it means, how it is read), each without the beginning `playground_`.
    """

    def __init__(self, gauges: Mapping[str, tuple[str, Callable[[], float]]]) -> None:
        self.registry = CollectorRegistry()
        self._waited = Histogram(
            "playground_figure_seconds",
            "Seconds until a figure was there, by which one: the first, or the settled one.",
            ["figure"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self._asked = Counter(
            "playground_answers", "Figures asked for, by whether they were known.", ["known"], registry=self.registry
        )
        for name, (meaning, read) in gauges.items():
            Gauge(f"playground_{name}", meaning, registry=self.registry).set_function(read)

    def waited(self, figure: str, seconds: float) -> None:
        """Note how long somebody waited for a figure, FIRST or SETTLED."""
        self._waited.labels(figure).observe(seconds)

    def asked(self, known: bool) -> None:
        """Note that a figure was asked for, and whether it was known."""
        self._asked.labels("yes" if known else "no").inc()
