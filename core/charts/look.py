"""One meaning, one look: the colours that every picture shares (Okabe and Ito 2008, safe for colour-blind eyes)."""

KEPT, REMOVED, PRUNED, TUNED = "#0072B2", "#9A9A9A", "#D55E00", "#009E73"

NEGATIVE = "#B0569A"
"""Kept weights below zero, where a picture tells them from those above."""

INK = {"light": "#222222", "dark": "#EEEEEE"}
GRID = {"light": "#E3E6EA", "dark": "#363B45"}
