"""Early stopping: keep the best look, and end when nothing better comes for some time."""

from core.tuning.evaluation import Evaluation


class EarlyStopping:
    """Count looks at validation data that bring nothing better.

    patience: how many of them in a row end the run.
    best: the best look so far.
    """

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self.best: Evaluation | None = None
        self.waited = 0

    def is_best(self, look: Evaluation) -> bool:
        """Count a look in; say whether it is the best so far."""
        if self.best is None or look.quality.better_than(self.best.quality):
            self.best, self.waited = look, 0
        else:
            self.waited += 1
        return self.waited == 0

    @property
    def exhausted(self) -> bool:
        """Whether the patience is at its end."""
        return self.waited >= self.patience
