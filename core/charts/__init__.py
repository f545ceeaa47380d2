"""Figures: data in, a plotly figure as plain data out."""

from core.charts.classroom import BoardPoint, CurveQuestion, board_chart, guess_curve, guess_line, option_bars
from core.charts.comparison import comparison_chart
from core.charts.confusion import confusion_matrix
from core.charts.curve import sparsity_curve
from core.charts.frontier import frontier_chart
from core.charts.history import TreePoint, history_tree, tree_order
from core.charts.learning import group_chart, learning_chart
from core.charts.mask import mask_image
from core.charts.robustness import robustness_chart
from core.charts.sensitivity import sensitivity_curves, sensitivity_heat_map

__all__ = [
    "BoardPoint",
    "CurveQuestion",
    "TreePoint",
    "board_chart",
    "comparison_chart",
    "confusion_matrix",
    "frontier_chart",
    "group_chart",
    "guess_curve",
    "guess_line",
    "history_tree",
    "learning_chart",
    "mask_image",
    "option_bars",
    "robustness_chart",
    "sensitivity_curves",
    "sensitivity_heat_map",
    "sparsity_curve",
    "tree_order",
]
