"""What the README says to type, typed."""

import re
import subprocess
import sys
import zipfile

from tests.conftest import ROOT


def test_the_script_in_the_readme_runs_and_leaves_a_download(tmp_path):
    (script,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert len([line for line in script.splitlines() if line.strip()]) == 12
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{script}"
    run = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    dense, pruned, tuned = (float(re.search(r"([\d.]+)%", line)[1]) for line in run.stdout.splitlines())
    assert dense > tuned > pruned > 50
    with zipfile.ZipFile(tmp_path / "pruned.zip") as archive:
        assert {"weights.safetensors", "model.onnx", "README.md"} <= set(archive.namelist())
