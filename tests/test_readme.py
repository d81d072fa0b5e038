"""The example on the first screen of the README runs as it stands there."""

import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]


def test_the_first_example_runs(tmp_path: Path) -> None:
    """At the scale of the tests, where nothing is learned; nothing else is changed."""
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    lines = [line for line in example.splitlines() if line.strip()]
    assert len(lines) <= 15
    code = example.replace('scale="light"', 'scale="smoke"')
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "vae: " in done.stdout
    assert "free-bits-4: " in done.stdout


def test_the_pythons_that_are_promised_are_those_that_are_tested() -> None:
    (promised,) = re.findall(
        r"fresh machine with Python ([\d., or]+),", (ROOT / "README.md").read_text()
    )
    workflow = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text())
    tested = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert re.findall(r"3\.\d+", promised) == tested
    assert f'requires-python = ">={tested[0]}"' in (ROOT / "pyproject.toml").read_text()
