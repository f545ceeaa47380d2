"""Quality figures: what each metric means, how certain a figure is, and how far one lies from another."""

from core.quality.changes import Change, change
from core.quality.figures import Quality, mean, proportion, share, summary
from core.quality.metrics import METRICS, Metric
from core.quality.outcomes import Outcomes

__all__ = ["METRICS", "Change", "Metric", "Outcomes", "Quality", "change", "mean", "proportion", "share", "summary"]
