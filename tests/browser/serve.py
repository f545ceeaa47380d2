"""Serve the app as `streamlit run app.py` does, with curves of three points: a test looks at no more of them.

Benches set WHOLE_CURVES, to have the app as people have it.
"""

import os
import sys

from streamlit.web import cli

from pages.shared import sparsities

POINTS = (0.0, 0.8, 0.95)

if __name__ == "__main__":
    if "WHOLE_CURVES" not in os.environ:
        sparsities.CURVE = POINTS
    sys.argv = ["streamlit", "run", "app.py", *sys.argv[1:]]
    cli.main()
