"""The results of a fine-tune that are kept, and the one that it is judged by."""

from core.jobs.work import TuneProgress, best_progress, drop_weights
from core.quality import proportion


def test_old_results_drop_their_weights_but_the_best_keeps_them():
    quality = [proportion(hits, 100) for hits in (10, 60, 50, 40)]
    sparsity = [0.5, 0.9, 0.9, 0.9]
    results = ()
    for step in range(4):
        latest = TuneProgress(step + 1, 10, 1.0, quality[step], None, sparsity[step], 0.0, 0.0, b"w", b"m")
        results = drop_weights((*results, latest))
    assert [each.weights for each in results] == [None, b"w", None, b"w"]
    assert best_progress(results, 0.9) is results[1]
    assert best_progress((), 0.9) is None
    whole = [*results, TuneProgress(10, 10, 1.0, quality[0], None, 0.9, 0.0, 0.0, b"w", b"m", ended=True)]
    assert best_progress(whole, 0.9) is whole[-1]  # a run that came to its end is judged by its end
